// An Encoder over a model of one kind of query: checks queries before, catches everything after. No torch type.
#pragma once

#include <exception>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/device_error.h"
#include "model/query_check.h"
#include "uie/base/log.h"
#include "uie/model/encoder.h"

namespace uie::model {

// Kind: LinkQuery or PointerQuery. Model: LinkModel or PointerModel, which runs it.
template <class Kind, class Model>
class CheckedEncoder final : public Encoder {
 public:
  // other_kind: what a query of another kind is told.
  CheckedEncoder(std::unique_ptr<Model> model, const QueryLimits& limits, EncoderInfo info, const char* other_kind)
      : model_(std::move(model)), limits_(limits), info_(std::move(info)), other_kind_(other_kind) {}

  Result<std::vector<QueryResult>> run(std::span<const Query* const> batch) override {
    try {
      return check(batch).map([&](const auto& queries) { return wrap(model_->run(queries)); });
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::unavailable, "out of memory while encoding");
    } catch (const DeviceError& error) {
      log_error(std::string("device: ") + error.what());
      return fail(ErrorCode::unavailable, error.out_of_memory() ? "out of memory while encoding" : "the device failed");
    } catch (const std::exception& error) {  // its text may show code paths: it belongs in the log alone
      log_error(std::string("encoder: ") + error.what());
      return fail(ErrorCode::internal, "the encoder failed");
    } catch (...) {
      return fail(ErrorCode::internal, "the encoder failed");
    }
  }

  const EncoderInfo& info() const override { return info_; }

  LowerHalfCounts lower_half() const override {
    if constexpr (requires(const Model& model) { model.lower_half(); }) return model_->lower_half();
    return {};
  }

 private:
  Result<std::vector<const Kind*>> check(std::span<const Query* const> batch) const {
    std::vector<const Kind*> queries;
    queries.reserve(batch.size());
    for (const Query* query : batch) {
      const Kind* mine = query ? std::get_if<Kind>(query) : nullptr;
      const std::string fault = mine ? find_fault(*mine, limits_) : other_kind_;
      if (!fault.empty()) return fail(ErrorCode::invalid_request, fault, std::to_string(queries.size()));
      queries.push_back(mine);
    }
    return queries;
  }

  template <class Answer>
  static std::vector<QueryResult> wrap(std::vector<Answer> answers) {
    return {std::make_move_iterator(answers.begin()), std::make_move_iterator(answers.end())};
  }

  const std::unique_ptr<Model> model_;
  const QueryLimits limits_;
  const EncoderInfo info_;
  const std::string other_kind_;
};

}  // namespace uie::model
