#include "extract/task_family.h"

#include <utility>

#include "extract/task_answer.h"
#include "extract/task_form.h"

namespace uie {
namespace {

TaskForm form_for(const Family& family, const Task& task) {
  return family.name().starts_with("siamese") ? siamese_form(task) : rex_form(task);
}

class TaskExtraction final : public Extraction {
 public:
  TaskExtraction(std::unique_ptr<Extraction> inner, TaskForm form, Task task)
      : inner_(std::move(inner)), form_(std::move(form)), task_(std::move(task)) {}

  std::vector<Query> next() override { return inner_->next(); }
  Result<void> feed(size_t query, QueryResult result) override { return inner_->feed(query, std::move(result)); }
  bool done() const override { return inner_->done(); }
  Extracted result() override { return read_answer(inner_->result(), form_, task_); }

 private:
  const std::unique_ptr<Extraction> inner_;
  const TaskForm form_;  // its text and schema are with the inner extraction
  const Task task_;      // as the caller gave it
};

class TaskFamily final : public Family {
 public:
  explicit TaskFamily(std::shared_ptr<const Family> family) : family_(std::move(family)) {}

  std::string name() const override { return family_->name(); }
  const Tokenizer& tokenizer() const override { return family_->tokenizer(); }
  uint32_t max_length() const override { return family_->max_length(); }

  std::unique_ptr<Extraction> begin(Task task) const override {
    if (!task.named || !task.schema) return family_->begin(std::move(task));
    TaskForm form = form_for(*family_, task);
    Task asked{std::exchange(form.text, Text()), std::exchange(form.schema, nullptr), task.options, task.deadline};
    asked.options.threshold = 0;  // thresholds name the caller's labels
    asked.options.thresholds.clear();
    asked.options.output_all_prefix |= form.early_ends;
    // Nothing is said about an empty text, also where something is put in front of it.
    if (task.text.empty()) asked.text = Text();
    return std::make_unique<TaskExtraction>(family_->begin(std::move(asked)), std::move(form), std::move(task));
  }

 private:
  const std::shared_ptr<const Family> family_;
};

}  // namespace

std::shared_ptr<const Family> with_named_tasks(std::shared_ptr<const Family> family) {
  return std::make_shared<const TaskFamily>(std::move(family));
}

}  // namespace uie
