// DebertaGpu at work: one pass over packed tokens.
#include "model/gpu/deberta_gpu.h"

#include <algorithm>

namespace uie::model::gpu {

using namespace uie::gpu;

namespace {

// Hits that come back with the counters; if there are more, a second copy fetches them.
constexpr int kHitsAtOnce = 2'048;
constexpr int kHitRoom = 1 << 18;

ActivationTask::Kind kind_of(Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return ActivationTask::Kind::gelu;
    case Activation::relu:
      return ActivationTask::Kind::relu;
    case Activation::tanh:
      break;
  }
  return ActivationTask::Kind::tanh;
}

size_t numbers(int rows, int columns) {
  return sizeof(uint16_t) * static_cast<size_t>(rows) * static_cast<size_t>(columns);
}

// Sorted hits → per text, row major, counted within the text.
void hand_out(std::span<Hit> hits, const std::vector<Bounds>& texts, std::span<LinkHits> to) {
  std::sort(hits.begin(), hits.end(),
            [](const Hit& a, const Hit& b) { return a.row != b.row ? a.row < b.row : a.col < b.col; });
  size_t text = 0;
  for (const Hit& hit : hits) {
    while (hit.row >= texts[text].end) ++text;
    const int32_t begin = texts[text].begin;
    to[text].links.push_back(
        {static_cast<uint32_t>(hit.row - begin), static_cast<uint32_t>(hit.col - begin), hit.logit, hit.mirrored});
  }
}

}  // namespace

size_t DebertaGpu::work_bytes() const {
  size_t bytes = 0;
  for (const Memory* memory : {&x_, &y_, &qkv_, &context_, &wide_, &convolved_, &link_rows_, &upload_device_,
                               &hits_device_, &logits_device_}) {
    bytes += memory->bytes();
  }
  return bytes;
}

// Room for a pass of this size. Recorded graphs hold addresses, so they go when memory moves: not after the first time,
// but for texts and lists of probes beyond the options.
void DebertaGpu::reserve(const UploadSize& size) {
  if (size.tokens <= room_.tokens && size.tiles <= room_.tiles && size.probes <= room_.probes) return;
  graphs_.clear();
  room_ = {std::max(size.tokens, room_.tokens), std::max(size.tiles, room_.tiles), std::max(size.probes, room_.probes)};
  const int rows = rounded_rows(room_.tokens);
  const auto device = [](size_t bytes) { return Memory(Memory::Place::device, bytes); };
  x_ = device(numbers(rows, hidden_));
  y_ = device(numbers(rows, hidden_));
  qkv_ = device(numbers(rows, 3 * width_));
  context_ = device(numbers(rows, width_));
  wide_ = device(numbers(rows, std::max(intermediate_, convolution_ ? convolution_->k : 0)));
  if (convolution_) convolved_ = device(numbers(rows, hidden_));
  link_rows_ = device(numbers(rows, 2 * hidden_));
  const size_t upload = UploadLayout(rows, rounded_tiles(room_.tiles), room_.probes).bytes;
  upload_host_ = Memory(Memory::Place::host, upload);
  upload_device_ = device(upload);
  hit_room_ = std::max(hit_room_, kHitRoom);
  const size_t hits = sizeof(RunState) + sizeof(Hit) * static_cast<size_t>(hit_room_);
  hits_host_ = Memory(Memory::Place::host, hits);
  hits_device_ = device(hits);
  const size_t logits = sizeof(float) * static_cast<size_t>(room_.probes);
  logits_host_ = Memory(Memory::Place::host, logits);
  logits_device_ = device(logits);
}

std::vector<LinkHits> DebertaGpu::run(std::span<const LinkQuery* const> batch) {
  std::vector<LinkHits> hits(batch.size());
  for (size_t begin = 0; begin < batch.size();) {
    UploadSize size;
    size.add(*batch[begin]);
    size_t end = begin + 1;
    for (; end < batch.size(); ++end) {
      UploadSize larger = size;
      larger.add(*batch[end]);
      if (larger.tokens > options_.max_tokens || larger.tiles > room_.tiles || larger.probes > room_.probes) break;
      size = larger;
    }
    reserve(size);
    run_pass(batch.subspan(begin, end - begin), std::span(hits).subspan(begin, end - begin));
    begin = end;
  }
  return hits;
}

void DebertaGpu::run_pass(std::span<const LinkQuery* const> batch, std::span<LinkHits> hits) {
  const Upload upload(batch, upload_host_.as<char>());
  const UploadLayout& layout = upload.layout();
  queue_.copy_to_device(upload_device_.as<void>(), upload_host_.as<void>(), layout.bytes);
  enqueue({upload.rows(), upload.tile_slots(), layout});

  const auto* state = hits_host_.as<RunState>();
  Hit* found = hits_host_.as<Hit>(sizeof(RunState));
  const size_t first = std::min<size_t>(kHitsAtOnce, static_cast<size_t>(hit_room_));
  queue_.copy_to_host(hits_host_.as<void>(), hits_device_.as<void>(), sizeof(RunState) + first * sizeof(Hit));
  const auto probes = static_cast<size_t>(upload.size().probes);
  if (probes > 0) queue_.copy_to_host(logits_host_.as<void>(), logits_device_.as<void>(), probes * sizeof(float));
  queue_.wait();

  if (state->not_finite != 0) throw NotFinite();
  const auto count = static_cast<size_t>(state->hits);
  if (count > static_cast<size_t>(hit_room_)) return run_in_parts(batch, hits, state->hits);
  if (count > first) {
    queue_.copy_to_host(found + first, hits_device_.as<Hit>(sizeof(RunState)) + first, (count - first) * sizeof(Hit));
    queue_.wait();
  }
  hand_out({found, count}, upload.texts(), hits);
  const float* logit = logits_host_.as<float>();
  for (size_t i = 0; i < batch.size(); ++i) {
    hits[i].probes.assign(logit, logit + batch[i]->probes.size());
    logit += batch[i]->probes.size();
  }
}

// More links than the list holds: halves, and for a single text a longer list.
void DebertaGpu::run_in_parts(std::span<const LinkQuery* const> batch, std::span<LinkHits> hits, int found) {
  if (batch.size() > 1) {
    const size_t half = batch.size() / 2;
    run_pass(batch.first(half), hits.first(half));
    run_pass(batch.subspan(half), hits.subspan(half));
    return;
  }
  hit_room_ = found;
  const size_t bytes = sizeof(RunState) + sizeof(Hit) * static_cast<size_t>(hit_room_);
  graphs_.clear();
  hits_host_ = Memory(Memory::Place::host, bytes);
  hits_device_ = Memory(Memory::Place::device, bytes);
  run_pass(batch, hits);
}

// A graph for sizes that come again; large passes gain nothing from one.
void DebertaGpu::enqueue(const Pass& pass) {
  const std::pair key(pass.rows, pass.tiles);
  if (!Graph::supported() || pass.rows > options_.graph_tokens) return encode_and_link(pass);
  if (const auto known = graphs_.find(key); known != graphs_.end()) return known->second.launch(queue_);
  if (!warm_.insert(key).second) {
    Graph::begin(queue_);
    encode_and_link(pass);
    return graphs_.emplace(key, Graph::end(queue_)).first->second.launch(queue_);
  }
  encode_and_link(pass);  // the first time plainly: products choose their algorithms
}

void DebertaGpu::encode_and_link(const Pass& pass) {
  encode(pass);
  find_links(pass);
}

void DebertaGpu::encode(const Pass& pass) {
  EmbedTask task;
  task.words = words_.as<uint16_t>();
  task.positions = positions_.as<uint16_t>();
  task.segments = segments_.as<uint16_t>();
  task.ids = uploaded<int32_t>(pass.layout.ids);
  task.at = uploaded<int32_t>(pass.layout.positions);
  task.types = uploaded<int32_t>(pass.layout.segments);
  task.norm = view(embedding_norm_);
  task.y = x_.as<uint16_t>();
  task.rows = pass.rows;
  task.columns = hidden_;
  launch_embed(options_.number, task, queue_.stream());
  if (convolution_) convolve(pass);
  for (size_t i = 0; i < layers_.size(); ++i) {
    run_layer(layers_[i], pass);
    if (i == 0 && convolution_)
      norm(x_.as<uint16_t>(), convolved_.as<uint16_t>(), nullptr, convolution_norm_, pass.rows);
  }
}

// Of the embedding's output, before layer 0 overwrites it.
void DebertaGpu::convolve(const Pass& pass) {
  NeighbourTask task;
  task.from = x_.as<uint16_t>();
  task.bounds = uploaded<Bounds>(pass.layout.bounds);
  task.to = wide_.as<uint16_t>();
  task.rows = pass.rows;
  task.columns = hidden_;
  task.taps = static_cast<int>(config_.conv_kernel);
  launch_neighbours(task, queue_.stream());
  multiply(*convolution_, wide_.as<uint16_t>(), convolved_.as<uint16_t>(), pass.rows);
  activate(config_.conv_act, convolved_.as<uint16_t>(), pass.rows, hidden_);
}

void DebertaGpu::run_layer(const Layer& layer, const Pass& pass) {
  uint16_t *x = x_.as<uint16_t>(), *y = y_.as<uint16_t>(), *wide = wide_.as<uint16_t>();
  multiply(layer.qkv, x, qkv_.as<uint16_t>(), pass.rows);
  AttentionTask task;
  task.qkv = qkv_.as<uint16_t>();
  task.ld = 3 * width_;
  task.heads = heads_;
  task.key_table = layer.key_table.as<uint16_t>();
  task.query_table = layer.query_table.as<uint16_t>();
  task.reach = reach_;
  task.positions = uploaded<int32_t>(pass.layout.positions);
  task.marks = uploaded<uint32_t>(pass.layout.marks);
  task.tiles = uploaded<Tile>(pass.layout.tiles);
  task.order = uploaded<int32_t>(pass.layout.order);
  task.state = uploaded<RunState>(pass.layout.state);
  task.out = context_.as<uint16_t>();
  task.ld_out = width_;
  launch_attention(options_.number, task, pass.tiles, queue_.stream());
  multiply(layer.attention_output, context_.as<uint16_t>(), y, pass.rows);
  norm(y, x, layer.attention_bias.as<float>(), layer.attention_norm, pass.rows);
  multiply(layer.intermediate, x, wide, pass.rows);
  activate(config_.hidden_act, wide, pass.rows, intermediate_);
  multiply(layer.output, wide, y, pass.rows);
  norm(y, x, layer.output_bias.as<float>(), layer.output_norm, pass.rows);
}

void DebertaGpu::find_links(const Pass& pass) {
  auto* rows = link_rows_.as<uint16_t>();
  multiply(links_, x_.as<uint16_t>(), rows, pass.rows);
  RotateTask turn;
  turn.rows = rows;
  turn.positions = uploaded<int32_t>(pass.layout.positions);
  turn.cosines = cosines_.as<float>();
  turn.sines = sines_.as<float>();
  turn.count = pass.rows;
  turn.columns = hidden_;
  launch_rotation(options_.number, turn, queue_.stream());

  LinkTask links;
  links.rows = rows;
  links.columns = hidden_;
  links.tiles = uploaded<Tile>(pass.layout.tiles);
  links.order = uploaded<int32_t>(pass.layout.order);
  links.from = uploaded<RunState>(pass.layout.state);
  links.state = hits_device_.as<RunState>();
  links.hits = hits_device_.as<Hit>(sizeof(RunState));
  links.capacity = hit_room_;
  launch_begin(links, queue_.stream());
  launch_links(options_.number, links, pass.tiles, queue_.stream());

  ProbeTask cells;
  cells.rows = rows;
  cells.columns = hidden_;
  cells.state = links.state;
  cells.probes = uploaded<Probe>(pass.layout.probes);
  cells.logits = logits_device_.as<float>();
  cells.hits = links.hits;
  cells.capacity = hit_room_;
  launch_cells(options_.number, cells, queue_.stream());
}

void DebertaGpu::multiply(const Linear& linear, const uint16_t* x, uint16_t* y, int rows) {
  Product product;
  product.x = x;
  product.weights = linear.weight.as<uint16_t>();
  product.bias = linear.bias.as<uint16_t>();
  product.y = y;
  product.rows = rows;
  product.columns = linear.columns;
  product.k = linear.k;
  products_.run(product, queue_);
}

// x_ = LayerNorm(x + bias + residual)
void DebertaGpu::norm(const uint16_t* x, const uint16_t* residual, const float* bias, const Norm& weights, int rows) {
  NormTask task;
  task.x = x;
  task.residual = residual;
  task.bias = bias;
  task.norm = view(weights);
  task.y = x_.as<uint16_t>();
  task.rows = rows;
  task.columns = hidden_;
  launch_norm(options_.number, task, queue_.stream());
}

void DebertaGpu::activate(Activation activation, uint16_t* x, int rows, int columns) {
  ActivationTask task;
  task.kind = kind_of(activation);
  task.x = x;
  task.count = static_cast<int64_t>(rows) * columns;
  launch_activation(options_.number, task, queue_.stream());
}

NormWeightsView DebertaGpu::view(const Norm& norm) const {
  return {norm.weight.as<float>(), norm.bias.as<float>(), config_.layer_norm_eps};
}

}  // namespace uie::model::gpu
