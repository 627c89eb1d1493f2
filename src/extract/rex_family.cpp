#include "extract/rex_family.h"

#include "extract/rex_extraction.h"

namespace uie {
namespace {

class RexFamily final : public Family {
 public:
  RexFamily(std::shared_ptr<const Tokenizer> tokenizer, const ExtractOptions& options)
      : tokenizer_(std::move(tokenizer)), options_(options) {}

  std::string name() const override { return "rex-uninlu"; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  uint32_t max_length() const override { return kMaxQueryTokens; }

  std::unique_ptr<Extraction> begin(Task task) const override {
    static const SchemaNode kNothingAsked;
    const SchemaNode& schema = task.schema ? *task.schema : kNothingAsked;
    RexLabel labels = prepare_labels(schema, *tokenizer_, task.options);
    std::vector<Token> tokens = tokenizer_->encode(task.text);
    return std::make_unique<RexExtraction>(
        RexRequest{std::move(task), options_, tokenizer_, std::move(labels), std::move(tokens)});
  }

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  ExtractOptions options_;
};

}  // namespace

Result<std::shared_ptr<const Family>> make_rex_family(std::shared_ptr<const Tokenizer> tokenizer,
                                                      const ExtractOptions& options) {
  const SpecialTokens& special = tokenizer->special();
  for (const int32_t id :
       {special.cls, special.sep, special.prefix, special.type, special.classify, special.multiclassify}) {
    if (id < 0) {
      return fail(ErrorCode::corrupt_checkpoint,
                  "the vocabulary lacks special tokens of RexUniNLU: [CLS], [SEP] and the four added ones are needed");
    }
  }
  return std::make_shared<const RexFamily>(std::move(tokenizer), options);
}

}  // namespace uie
