// Model directories for tests: made in a temporary folder, removed with the object.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "golden_lines.h"
#include "uie/text/tokenizer.h"

namespace uie {

class ModelDir {
 public:
  ModelDir() {
    static std::atomic<int> count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("uie-text-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~ModelDir() { std::filesystem::remove_all(path_); }
  ModelDir(const ModelDir&) = delete;
  ModelDir& operator=(const ModelDir&) = delete;

  ModelDir& write(const std::string& name, const std::string& bytes) {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return *this;
  }
  // `data`: below tests/data.
  ModelDir& copy(const std::string& data) {
    std::filesystem::copy_file(test_data(data), path_ / std::filesystem::path(data).filename());
    return *this;
  }

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  Result<std::shared_ptr<const Tokenizer>> load() const { return load_tokenizer(path_); }

 private:
  std::filesystem::path path_;
};

inline constexpr const char* kDebertaConfig = R"({"model_type": "deberta-v2"})";

// The tokenisers of the golden files, loaded as a user would load them.
inline std::shared_ptr<const Tokenizer> bert_tokenizer() { return load_tokenizer(test_data("tokenizer/bert")).value(); }
inline std::shared_ptr<const Tokenizer> official_tokenizer() {
  return load_tokenizer(test_data("tokenizer/official")).value();
}
inline std::shared_ptr<const Tokenizer> rex_tokenizer() {
  return ModelDir().copy("tokenizer/official/vocab.txt").write("config.json", kDebertaConfig).load().value();
}
inline std::shared_ptr<const Tokenizer> spm_tokenizer() { return load_tokenizer(test_data("tokenizer/spm")).value(); }

inline Text text_of(const std::string& bytes) { return Text::from_utf8(bytes).value(); }

}  // namespace uie
