#include "extract/siamese_family.h"

#include <algorithm>

#include "extract/siamese_extraction.h"

namespace uie {
namespace {

constexpr std::string_view kUie = "siamese-uie", kUniNlu = "siamese-uninlu";

class SiameseFamily final : public Family {
 public:
  SiameseFamily(std::string_view name, std::shared_ptr<const Tokenizer> tokenizer, const ExtractOptions& options)
      : name_(name), tokenizer_(std::move(tokenizer)), options_(options) {}

  std::string name() const override { return std::string(name_); }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  uint32_t max_length() const override { return kSiameseWindow + static_cast<uint32_t>(kMaxPromptTokens); }

  std::unique_ptr<Extraction> begin(Task task) const override {
    static const SchemaNode kNothingAsked;
    const SchemaNode& schema = task.schema ? *task.schema : kNothingAsked;
    SiameseLabel labels = prepare_siamese_labels(schema, *tokenizer_, task.options);
    // A prompt is answered only when it was asked in all windows.
    const size_t max_windows =
        std::min({options_.max_windows, options_.max_queries, size_t{task.options.max_windows.value_or(UINT32_MAX)}});
    SiameseText text = lay_out_siamese(*tokenizer_, task.text, max_windows);
    return std::make_unique<SiameseExtraction>(
        SiameseRequest{std::move(task), options_, tokenizer_, std::move(labels), std::move(text)});
  }

 private:
  const std::string_view name_;  // of static storage
  const std::shared_ptr<const Tokenizer> tokenizer_;
  const ExtractOptions options_;
};

}  // namespace

Result<std::shared_ptr<const Family>> make_siamese_family(std::string_view task,
                                                          std::shared_ptr<const Tokenizer> tokenizer,
                                                          const ExtractOptions& options) {
  if (tokenizer->special().cls < 0 || tokenizer->special().sep < 0) {
    return fail(ErrorCode::corrupt_checkpoint, "the vocabulary lacks special tokens of SiameseUIE: [CLS] and [SEP]");
  }
  return std::make_shared<const SiameseFamily>(task == kUniNlu ? kUniNlu : kUie, std::move(tokenizer), options);
}

}  // namespace uie
