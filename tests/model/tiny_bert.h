// Small random SiameseUIE checkpoints, tensor by tensor as spec/siamese.md §1 lists them, in either spelling.
#pragma once

#include <random>
#include <string>

#include "model/tiny_checkpoint.h"

namespace uie::test {

inline nlohmann::json tiny_bert_config() {
  return {{"model_type", "bert"},         {"vocab_size", 50},         {"hidden_size", 12},
          {"num_hidden_layers", 8},       {"num_attention_heads", 2}, {"intermediate_size", 20},
          {"hidden_act", "gelu"},         {"type_vocab_size", 2},     {"layer_norm_eps", 1e-12},
          {"max_position_embeddings", 64}};
}

enum class UpperLayers { cross, plain };

class TinyBert {
 public:
  TinyBert(const nlohmann::json& config, int lower, UpperLayers spelling, unsigned seed)
      : hidden_(config.at("hidden_size").get<int64_t>()),
        inner_(config.at("intermediate_size").get<int64_t>()),
        random_(seed) {
    const auto rows = [&](const char* key) { return config.at(key).get<int64_t>(); };
    const std::string embeddings = "plm.embeddings.";
    add(embeddings + "word_embeddings.weight", {rows("vocab_size"), hidden_});
    add(embeddings + "position_embeddings.weight", {rows("max_position_embeddings"), hidden_});
    add(embeddings + "token_type_embeddings.weight", {rows("type_vocab_size"), hidden_});
    norm(embeddings + "LayerNorm");
    for (int layer = 0; layer < lower + 6; ++layer) {
      const bool cross = layer >= lower && spelling == UpperLayers::cross;
      add_layer((cross ? "crossattention.layer." : "plm.encoder.layer.") +
                std::to_string(cross ? layer - lower : layer));
    }
    linear("head_clsf", 1, hidden_);
    linear("tail_clsf", 1, hidden_);
  }

  TinyTensors tensors;

  std::string bytes() const { return safetensors(tensors); }

 private:
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
  void norm(const std::string& name) {
    add(name + ".weight", {hidden_}, 1);
    add(name + ".bias", {hidden_});
  }
  void add_layer(const std::string& at) {
    for (const char* name : {"query", "key", "value"}) linear(at + ".attention.self." + name, hidden_, hidden_);
    linear(at + ".attention.output.dense", hidden_, hidden_);
    norm(at + ".attention.output.LayerNorm");
    linear(at + ".intermediate.dense", inner_, hidden_);
    linear(at + ".output.dense", hidden_, inner_);
    norm(at + ".output.LayerNorm");
  }

  int64_t hidden_, inner_;
  std::mt19937 random_;
};

}  // namespace uie::test
