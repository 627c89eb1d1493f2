#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <map>
#include <tuple>

#include "model/kernels/runtime.h"

namespace uie::gpu {
namespace {

void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  throw DeviceError(std::string(what) + ": " + cudaGetErrorString(error), error == cudaErrorMemoryAllocation);
}

void check(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw DeviceError(std::string(what) + ": " + cublasLtGetStatusString(status), status == CUBLAS_STATUS_ALLOC_FAILED);
}

}  // namespace

void use_device(int index) {
  check(cudaSetDevice(index), "choosing the device");
  check(static_cast<cudaError_t>(prepare_kernels()), "preparing the kernels");
}

std::string device_name(int index) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index), "asking for the device's name");
  return properties.name;
}

Memory::Memory(Place place, size_t bytes) : bytes_(bytes), place_(place) {
  if (bytes == 0) return;
  if (place == Place::device) {
    check(cudaMalloc(&data_, bytes), "allocating memory on the device");
    check(cudaMemset(data_, 0, bytes), "clearing memory on the device");
  } else {
    check(cudaMallocHost(&data_, bytes), "pinning memory");
  }
}

Memory::~Memory() {
  if (data_ == nullptr) return;
  place_ == Place::device ? cudaFree(data_) : cudaFreeHost(data_);
}

Queue::Queue() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }

Queue::~Queue() {
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
}

void Queue::copy_to_device(void* to, const void* from, size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "copying to the device");
}

void Queue::copy_to_host(void* to, const void* from, size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "copying from the device");
}

void Queue::wait() {
  check(cudaGetLastError(), "starting a kernel");
  check(cudaStreamSynchronize(stream_), "waiting for the device");
}

Graph::~Graph() {
  if (instance_ != nullptr) cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(instance_));
}

bool Graph::supported() { return true; }

void Graph::begin(Queue& queue) {
  check(cudaStreamBeginCapture(queue.stream(), cudaStreamCaptureModeThreadLocal), "recording a graph");
}

Graph Graph::end(Queue& queue) {
  cudaGraph_t recorded = nullptr;
  check(cudaStreamEndCapture(queue.stream(), &recorded), "recording a graph");
  cudaGraphExec_t instance = nullptr;
  const cudaError_t error = cudaGraphInstantiate(&instance, recorded, 0);
  cudaGraphDestroy(recorded);
  check(error, "building a graph");
  Graph graph;
  graph.instance_ = instance;
  return graph;
}

void Graph::launch(Queue& queue) const {
  check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(instance_), queue.stream()), "starting a graph");
}

namespace {

constexpr size_t kWorkspace = size_t{32} << 20;

// cuBLAS counts columns first: y is [columns, rows] with columns contiguous, x likewise, W transposed.
class Plan {
 public:
  Plan(cublasLtHandle_t handle, const Product& product, cudaDataType_t type) {
    check(cublasLtMatmulDescCreate(&operation_, CUBLAS_COMPUTE_32F, CUDA_R_32F), "describing a product");
    const cublasOperation_t transposed = CUBLAS_OP_T;
    set(CUBLASLT_MATMUL_DESC_TRANSA, transposed);
    if (product.bias != nullptr) {
      const cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_BIAS;
      set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
      set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, product.bias);
    }
    const auto rows = static_cast<uint64_t>(product.rows), columns = static_cast<uint64_t>(product.columns);
    const auto k = static_cast<uint64_t>(product.k);
    check(cublasLtMatrixLayoutCreate(&weights_, type, k, columns, product.k), "describing weights");
    check(cublasLtMatrixLayoutCreate(&x_, type, k, rows, product.k), "describing an input");
    check(cublasLtMatrixLayoutCreate(&y_, type, columns, rows, product.columns), "describing an output");
    cublasLtMatmulPreference_t preference = nullptr;
    check(cublasLtMatmulPreferenceCreate(&preference), "choosing an algorithm");
    cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &kWorkspace,
                                         sizeof kWorkspace);
    int found = 0;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(handle, operation_, weights_, x_, y_, y_, preference, 1, &choice_, &found);
    cublasLtMatmulPreferenceDestroy(preference);
    check(status, "choosing an algorithm");
    if (found == 0) throw DeviceError("cuBLAS knows no algorithm for a product", false);
  }
  ~Plan() {
    cublasLtMatrixLayoutDestroy(y_);
    cublasLtMatrixLayoutDestroy(x_);
    cublasLtMatrixLayoutDestroy(weights_);
    cublasLtMatmulDescDestroy(operation_);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  void run(cublasLtHandle_t handle, const Product& product, void* workspace, cudaStream_t stream) {
    if (product.bias != nullptr) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, product.bias);
    const float one = 1, zero = 0;
    check(cublasLtMatmul(handle, operation_, &one, product.weights, weights_, product.x, x_, &zero, product.y, y_,
                         product.y, y_, &choice_.algo, workspace, kWorkspace, stream),
          "multiplying");
  }

 private:
  template <class T>
  void set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
    check(cublasLtMatmulDescSetAttribute(operation_, attribute, &value, sizeof value), "describing a product");
  }

  cublasLtMatmulDesc_t operation_ = nullptr;
  cublasLtMatrixLayout_t weights_ = nullptr, x_ = nullptr, y_ = nullptr;
  cublasLtMatmulHeuristicResult_t choice_{};
};

}  // namespace

struct Products::State {
  cublasLtHandle_t handle = nullptr;
  cudaDataType_t type;
  Memory workspace{Memory::Place::device, kWorkspace};
  std::map<std::tuple<int, int, int, bool>, std::unique_ptr<Plan>> plans;

  explicit State(Number number) : type(number == Number::fp16 ? CUDA_R_16F : CUDA_R_16BF) {
    check(cublasLtCreate(&handle), "starting cuBLAS");
  }
  ~State() {
    plans.clear();
    cublasLtDestroy(handle);
  }
};

Products::Products(Number number) : state_(std::make_unique<State>(number)) {}
Products::~Products() = default;

void Products::run(const Product& product, Queue& queue) {
  auto& plan = state_->plans[{product.rows, product.columns, product.k, product.bias != nullptr}];
  if (!plan) plan = std::make_unique<Plan>(state_->handle, product, state_->type);
  plan->run(state_->handle, product, state_->workspace.as<void>(), queue.stream());
}

}  // namespace uie::gpu
