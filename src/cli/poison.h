// A fault for the kill test: in builds with tests, a text that holds the word of UIE_TEST_POISON ends the process.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "uie/extract/family.h"

namespace uie::cli {

#ifdef UIE_TEST_POISON

class PoisonedFamily final : public Family {
 public:
  PoisonedFamily(std::shared_ptr<const Family> family, std::string word)
      : family_(std::move(family)), word_(std::move(word)) {}

  std::string name() const override { return family_->name(); }
  const Tokenizer& tokenizer() const override { return family_->tokenizer(); }
  uint32_t max_length() const override { return family_->max_length(); }
  std::unique_ptr<Extraction> begin(Task task) const override {
    if (task.text.bytes().find(word_) != std::string::npos) std::abort();
    return family_->begin(std::move(task));
  }

 private:
  const std::shared_ptr<const Family> family_;
  const std::string word_;
};

inline std::shared_ptr<const Family> with_poison(std::shared_ptr<const Family> family) {
  const char* word = std::getenv("UIE_TEST_POISON");
  return word ? std::make_shared<PoisonedFamily>(std::move(family), word) : family;
}

#else

inline std::shared_ptr<const Family> with_poison(std::shared_ptr<const Family> family) { return family; }

#endif

}  // namespace uie::cli
