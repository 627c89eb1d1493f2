// Writes small random checkpoints, tensor by tensor as spec/rex.md §2 lists them, for any config.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace uie::test {

struct TinyTensor {
  std::vector<int64_t> shape;
  std::vector<float> numbers;
};
using TinyTensors = std::map<std::string, TinyTensor>;

// As a safetensors file.
inline std::string safetensors(const TinyTensors& tensors) {
  nlohmann::json header;
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(tensor.numbers.data()), tensor.numbers.size() * sizeof(float));
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + text + data;
}

// A config with every switch present; tests change single keys.
inline nlohmann::json tiny_config() {
  return {{"model_type", "deberta-v2"},
          {"vocab_size", 60},
          {"hidden_size", 16},
          {"num_hidden_layers", 2},
          {"num_attention_heads", 2},
          {"intermediate_size", 24},
          {"hidden_act", "gelu"},
          {"max_position_embeddings", 64},
          {"type_vocab_size", 0},
          {"layer_norm_eps", 1e-7},
          {"position_biased_input", false},
          {"relative_attention", true},
          {"position_buckets", 8},
          {"max_relative_positions", -1},
          {"norm_rel_ebd", "layer_norm"},
          {"share_att_key", true},
          {"pos_att_type", "c2p|p2c"},
          {"conv_kernel_size", 3},
          {"conv_act", "gelu"}};
}

class TinyCheckpoint {
 public:
  TinyCheckpoint(const nlohmann::json& config, unsigned seed) : config_(config), random_(seed) {
    const int64_t hidden = number("hidden_size", 0), width = number("embedding_size", hidden);
    const int64_t inner = number("intermediate_size", 0), rows = number("max_position_embeddings", 512);
    add("plm.embeddings.word_embeddings.weight", {number("vocab_size", 0) + 4, width});
    if (config_.value("position_biased_input", true)) {
      add("plm.embeddings.position_embeddings.weight", {rows, width});
    }
    if (const int64_t types = number("type_vocab_size", 0); types > 0) {
      add("plm.embeddings.token_type_embeddings.weight", {types, width});
    }
    if (width != hidden) add("plm.embeddings.embed_proj.weight", {hidden, width});
    norm("plm.embeddings.LayerNorm", hidden);
    for (int64_t layer = 0; layer < number("num_hidden_layers", 0); ++layer) add_layer(layer, hidden, inner);
    add_shared(hidden, rows);
    linear("ffnq", hidden, hidden);
    linear("ffnk", hidden, hidden);
    add("rotary_emb.freqs", {hidden / 2});
    for (auto& freq : tensors["rotary_emb.freqs"].numbers) freq = std::abs(freq);
  }

  TinyTensors tensors;

  const nlohmann::json& config() const { return config_; }

  std::string bytes() const { return safetensors(tensors); }

  void write(const std::filesystem::path& directory) const {
    std::filesystem::create_directories(directory);
    std::ofstream(directory / "config.json") << config_.dump();
    std::ofstream(directory / "model.safetensors", std::ios::binary) << bytes();
  }

 private:
  int64_t number(const char* key, int64_t fallback) const { return config_.value(key, fallback); }

  void add(const std::string& name, const std::vector<int64_t>& shape, float mean = 0) {
    TinyTensor& tensor = tensors[name];
    tensor.shape = shape;
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    std::normal_distribution<float> normal(mean, 0.3F);
    for (int64_t i = 0; i < count; ++i) tensor.numbers.push_back(normal(random_));
  }
  void linear(const std::string& name, int64_t out, int64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
  void norm(const std::string& name, int64_t hidden) {
    add(name + ".weight", {hidden}, 1);
    add(name + ".bias", {hidden});
  }

  bool term(const char* name) const {
    return config_.value("pos_att_type", std::string()).find(name) != std::string::npos;
  }

  void add_layer(int64_t layer, int64_t hidden, int64_t inner) {
    const std::string at = "plm.encoder.layer." + std::to_string(layer) + ".";
    const bool own = config_.value("relative_attention", false) && !config_.value("share_att_key", false);
    for (const char* name : {"query_proj", "key_proj", "value_proj"})
      linear(at + "attention.self." + name, hidden, hidden);
    if (own && term("c2p")) linear(at + "attention.self.pos_key_proj", hidden, hidden);
    if (own && term("p2c")) linear(at + "attention.self.pos_query_proj", hidden, hidden);
    linear(at + "attention.output.dense", hidden, hidden);
    norm(at + "attention.output.LayerNorm", hidden);
    linear(at + "intermediate.dense", inner, hidden);
    linear(at + "output.dense", hidden, inner);
    norm(at + "output.LayerNorm", hidden);
  }

  void add_shared(int64_t hidden, int64_t positions) {
    if (config_.value("relative_attention", false)) {
      const int64_t buckets = number("position_buckets", -1), farthest = number("max_relative_positions", -1);
      add("plm.encoder.rel_embeddings.weight", {2 * (buckets > 0     ? buckets
                                                     : farthest >= 1 ? farthest
                                                                     : positions),
                                                hidden});
      if (config_.value("norm_rel_ebd", std::string()) == "layer_norm") norm("plm.encoder.LayerNorm", hidden);
    }
    if (const int64_t kernel = number("conv_kernel_size", 0); kernel > 0) {
      add("plm.encoder.conv.conv.weight", {hidden, hidden / number("conv_groups", 1), kernel});
      add("plm.encoder.conv.conv.bias", {hidden});
      norm("plm.encoder.conv.LayerNorm", hidden);
    }
  }

  nlohmann::json config_;
  std::mt19937 random_;
};

// A folder of its own, removed at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "uie-model-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace uie::test
