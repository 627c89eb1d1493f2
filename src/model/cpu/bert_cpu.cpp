#include "model/cpu/bert_cpu.h"

#include <algorithm>
#include <limits>

namespace uie::model::cpu {
namespace {

LayerShape layer_shape(const BertConfig& config, Dtype dtype) {
  LayerShape shape;
  shape.hidden = static_cast<size_t>(config.hidden);
  shape.intermediate = static_cast<size_t>(config.intermediate);
  shape.heads = head_shape(shape.hidden, static_cast<size_t>(config.heads));
  shape.activation = config.hidden_act;
  shape.norm_eps = config.layer_norm_eps;
  shape.score_scale = softmax_scale(config.score_scale());
  shape.dtype = dtype;
  return shape;
}

// Packs and releases.
std::vector<EncoderLayer> pack_layers(const Kernels& kernels, const LayerShape& shape,
                                      std::vector<LayerWeights>& layers) {
  std::vector<EncoderLayer> packed;
  for (LayerWeights& layer : layers) {
    packed.push_back(pack_layer(kernels, shape, layer));
    layer = {};
  }
  return packed;
}

PackedMatrix pack_pointers(const Kernels& kernels, const BertWeights& weights, size_t hidden) {
  std::vector<float> weight = weights.head.weight;
  weight.insert(weight.end(), weights.tail.weight.begin(), weights.tail.weight.end());
  const std::vector<float> bias = {weights.head.bias[0], weights.tail.bias[0]};
  return PackedMatrix(kernels, Dtype::fp32, weight, 2, hidden, bias);
}

Half text_half(const PointerQuery& query) { return {query.text_ids, 0, 0}; }
Half hint_half(const PointerQuery& query) { return {query.hint_ids, 1, query.hint_position}; }

// Calls run(begin, end) for consecutive items that together hold at most `most` tokens, or for one larger item.
template <class TokensOf, class Run>
void in_chunks(size_t items, size_t most, TokensOf tokens_of, Run run) {
  for (size_t begin = 0; begin < items;) {
    size_t end = begin, tokens = 0;
    while (end < items && (end == begin || tokens + tokens_of(end) <= most)) tokens += tokens_of(end++);
    run(begin, end);
    begin = end;
  }
}

// Without those of the prompts.
template <class Pairs>
std::vector<AttentionItem> rows_of_texts(std::vector<AttentionItem> items, const Pairs& pairs) {
  for (AttentionItem& item : items) {
    item.row_end = std::min(item.row_end, static_cast<uint32_t>(pairs[item.text].query->text_ids.size()));
  }
  std::erase_if(items, [](const AttentionItem& item) { return item.row_begin >= item.row_end; });
  return items;
}

// Towards the front.
template <class Number>
void move_rows(Number* rows, size_t ld, size_t from, size_t to, size_t count) {
  if (from != to) std::copy_n(rows + from * ld, count * ld, rows + to * ld);
}

}  // namespace

BertCpu::BertCpu(const BertConfig& config, BertWeights weights, const CpuOptions& options, size_t cache_bytes)
    : isa_(options.isa.value_or(best_isa())),
      kernels_(kernels_for(isa_)),
      pool_(std::make_unique<ThreadPool>(options.threads, options.pin_to)),
      chunk_tokens_(options.chunk_tokens),
      shape_(layer_shape(config, has_bf16(isa_) ? options.dtype : Dtype::fp32)),
      tables_{shape_.hidden, std::move(weights.word_embeddings), std::move(weights.position_embeddings),
              std::move(weights.token_type_embeddings)},
      embedding_norm_(weights.embedding_norm, config.layer_norm_eps),
      lower_(pack_layers(kernels_, shape_, weights.lower)),
      upper_(pack_layers(kernels_, shape_, weights.upper)),
      pointers_(pack_pointers(kernels_, weights, shape_.hidden)),
      cache_(cache_bytes) {
  work_.scratch.resize(pool_->size());
}

size_t BertCpu::weight_bytes() const {
  size_t bytes = tables_.bytes() + pointers_.bytes();
  for (const auto* layers : {&lower_, &upper_}) {
    for (const EncoderLayer& layer : *layers) bytes += layer.bytes();
  }
  return bytes;
}

std::vector<PointerScores> BertCpu::run(std::span<const PointerQuery* const> batch) {
  const Plan planned = plan(batch);
  const std::span missing(planned.missing);
  in_chunks(
      missing.size(), chunk_tokens_, [&](size_t i) { return missing[i].half.ids.size(); },
      [&](size_t begin, size_t end) { run_lower(missing.subspan(begin, end - begin)); });

  std::vector<PointerScores> scores(batch.size());
  const std::span pairs(planned.pairs);
  in_chunks(
      pairs.size(), chunk_tokens_, [&](size_t i) { return cost(*pairs[i].query).tokens; },
      [&](size_t begin, size_t end) {
        run_upper(pairs.subspan(begin, end - begin), std::span(scores).subspan(begin, end - begin));
      });
  return scores;
}

// Which halves the batch consists of. Those that are to be computed are known to `planned` at once, for the batch's
// other queries, and to the cache only when they hold their states.
BertCpu::Plan BertCpu::plan(std::span<const PointerQuery* const> batch) {
  Plan plan;
  HalfCache planned(std::numeric_limits<size_t>::max());
  const auto states_of = [&](const Half& half, uint64_t& passes, uint64_t& reuses) {
    auto known = planned.find(half);
    if (!known) known = cache_.find(half);
    if (known) return ++reuses, known;
    const auto states = std::make_shared<HalfStates>(half.ids.size() * shape_.hidden_ld());
    planned.add(half, states);
    plan.missing.push_back({half, states});
    return ++passes, std::shared_ptr<const HalfStates>(states);
  };
  for (const PointerQuery* query : batch) {
    auto text = states_of(text_half(*query), counts_.text_passes, counts_.text_reuses);
    auto hint = states_of(hint_half(*query), counts_.hint_passes, counts_.hint_reuses);
    plan.pairs.push_back({std::move(text), std::move(hint), query});
  }
  return plan;
}

void BertCpu::run_lower(std::span<const Task> tasks) {
  batch_.clear();
  for (const Task& task : tasks) batch_.add(task.half.ids, task.half.segment, task.half.first_position);
  reserve();
  const Rows looked_up{work_.y.data(), nullptr, padded(tables_.width)};
  look_up(machine(), tables_, batch_, looked_up);
  layer_norm(machine(), looked_up.floats, nullptr, x(), batch_.tokens(), embedding_norm_.view());
  const std::vector<AttentionItem> items = attention_items(batch_, shape_.heads, pool_->size());
  for (const EncoderLayer& layer : lower_) run_layer(machine(), shape_, layer, batch_, items, work_);
  for (size_t i = 0; i < tasks.size(); ++i) {
    const float* from = work_.x.data() + batch_.texts[i].begin * shape_.hidden_ld();
    std::copy_n(from, tasks[i].states->size(), tasks[i].states->data());
    cache_.add(tasks[i].half, tasks[i].states);
  }
}

void BertCpu::run_upper(std::span<const Pair> pairs, std::span<PointerScores> scores) {
  batch_.clear();
  for (const Pair& pair : pairs) batch_.add_blank(cost(*pair.query).tokens);
  reserve();
  project_halves(pairs);
  gather(pairs);
  const std::vector<AttentionItem> items = attention_items(batch_, shape_.heads, pool_->size());
  for (const EncoderLayer& layer : upper_) {
    const bool first = &layer == &upper_.front(), last = &layer == &upper_.back();
    if (!first) project(machine(), shape_, layer, batch_.tokens(), work_, work_.qkv.data());
    attend(machine(), shape_, layer, batch_, last ? rows_of_texts(items, pairs) : items, work_);
    transform(machine(), shape_, layer, last ? keep_texts(pairs) : batch_.tokens(), work_);
  }
  score(pairs, scores);
}

// q, k and v of the first upper layer, of each half once.
void BertCpu::project_halves(std::span<const Pair> pairs) {
  half_rows_.clear();
  size_t rows = 0;
  for (const Pair& pair : pairs) {
    for (const HalfStates* states : {pair.text.get(), pair.hint.get()}) {
      if (!half_rows_.try_emplace(states, rows).second) continue;
      put_states(*states, rows);
      rows += states->size() / shape_.hidden_ld();
    }
  }
  half_qkv_.reserve(rows * shape_.qkv_ld());
  project(machine(), shape_, upper_.front(), rows, work_, half_qkv_.data());
}

void BertCpu::put_states(const HalfStates& states, size_t row) {
  const size_t at = row * shape_.hidden_ld();
  std::copy(states.begin(), states.end(), work_.x.data() + at);
  if (shape_.bf16()) kernels_.round_to_bf16(states.data(), work_.x16.data() + at, states.size());
}

// The halves of each pair side by side, the text first.
void BertCpu::gather(std::span<const Pair> pairs) {
  machine().pool.parallel_for(pairs.size(), [&](size_t i, size_t) {
    size_t row = batch_.texts[i].begin;
    for (const HalfStates* states : {pairs[i].text.get(), pairs[i].hint.get()}) {
      const size_t rows = states->size() / shape_.hidden_ld();
      put_states(*states, row);
      std::copy_n(half_qkv_.data() + half_rows_.at(states) * shape_.qkv_ld(), rows * shape_.qkv_ld(),
                  work_.qkv.data() + row * shape_.qkv_ld());
      row += rows;
    }
  });
}

// Moves the texts' rows of context and x together, over those of the prompts. Their number.
size_t BertCpu::keep_texts(std::span<const Pair> pairs) {
  size_t to = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const size_t from = batch_.texts[i].begin, rows = pairs[i].query->text_ids.size();
    move_rows(work_.x.data(), shape_.hidden_ld(), from, to, rows);
    if (shape_.bf16()) {
      move_rows(work_.context16.data(), shape_.context_ld(), from, to, rows);
    } else {
      move_rows(work_.context.data(), shape_.context_ld(), from, to, rows);
    }
    to += rows;
  }
  return to;
}

// keep_texts() has run.
void BertCpu::score(std::span<const Pair> pairs, std::span<PointerScores> scores) {
  size_t tokens = 0;
  for (const Pair& pair : pairs) tokens += pair.query->text_ids.size();
  logits_.reserve(tokens * kRowStep);
  LinearTask task;
  task.matrix = &pointers_;
  task.input = {work_.x.data(), nullptr, shape_.hidden_ld()};
  task.rows = tokens;
  task.output = {logits_.data(), nullptr, kRowStep};
  multiply(machine(), task);
  const float* row = logits_.data();
  for (size_t i = 0; i < pairs.size(); ++i) {
    for (size_t token = 0; token < pairs[i].query->text_ids.size(); ++token, row += kRowStep) {
      scores[i].head.push_back(row[0]);
      scores[i].tail.push_back(row[1]);
    }
  }
}

}  // namespace uie::model::cpu
