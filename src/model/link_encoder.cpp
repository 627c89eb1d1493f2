#include "model/link_encoder.h"

#include <exception>
#include <iterator>
#include <new>
#include <utility>

#include "uie/base/log.h"

namespace uie::model {
namespace {

class LinkEncoder : public Encoder {
 public:
  LinkEncoder(std::unique_ptr<LinkModel> model, const QueryLimits& limits, EncoderInfo info)
      : model_(std::move(model)), limits_(limits), info_(std::move(info)) {}

  Result<std::vector<QueryResult>> run(std::span<const Query* const> batch) override {
    try {
      return check(batch).map([&](const auto& queries) { return wrap(model_->run(queries)); });
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::unavailable, "out of memory while encoding");
    } catch (const std::exception& error) {  // its text may show code paths: it belongs in the log alone
      log_error(std::string("encoder: ") + error.what());
      return fail(ErrorCode::internal, "the encoder failed");
    } catch (...) {
      return fail(ErrorCode::internal, "the encoder failed");
    }
  }

  const EncoderInfo& info() const override { return info_; }

 private:
  Result<std::vector<const LinkQuery*>> check(std::span<const Query* const> batch) const {
    std::vector<const LinkQuery*> queries;
    queries.reserve(batch.size());
    for (const Query* query : batch) {
      const auto* link = query ? std::get_if<LinkQuery>(query) : nullptr;
      const std::string fault = link ? find_fault(*link, limits_) : "this model takes link queries only";
      if (!fault.empty()) return fail(ErrorCode::invalid_request, fault, std::to_string(queries.size()));
      queries.push_back(link);
    }
    return queries;
  }

  static std::vector<QueryResult> wrap(std::vector<LinkHits> hits) {
    return {std::make_move_iterator(hits.begin()), std::make_move_iterator(hits.end())};
  }

  const std::unique_ptr<LinkModel> model_;
  const QueryLimits limits_;
  const EncoderInfo info_;
};

}  // namespace

std::unique_ptr<Encoder> make_link_encoder(std::unique_ptr<LinkModel> model, const QueryLimits& limits,
                                           EncoderInfo info) {
  return std::make_unique<LinkEncoder>(std::move(model), limits, std::move(info));
}

}  // namespace uie::model
