#include "server/taskflow_run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <type_traits>

#include "server/taskflow_choice.h"

namespace uie {
namespace {

// Every task holds its text; more at once would only hold more memory.
constexpr size_t kPortion = 64;

// The paths of `node` that are exactly `depth` labels long, without questions, as the model is asked for them; false
// when there are none.
bool copy_depth(const SchemaNode& node, size_t depth, SchemaNode& copy) {
  for (const SchemaNode& child : node.children) {
    if (read_choice(child)) continue;
    SchemaNode below{asked_label(node, child), {}};
    if (depth == 1 || copy_depth(child, depth - 1, below)) copy.children.push_back(std::move(below));
  }
  return !copy.children.empty();
}

// The client's labels for a path that was asked for below `root`.
std::vector<std::string> own_labels(const SchemaNode& root, const Chain& chain) {
  std::vector<std::string> labels;
  const SchemaNode* here = &root;
  for (const Item& item : chain) {
    const SchemaNode* next = nullptr;
    if (here) {
      for (const SchemaNode& child : here->children) {
        if (asked_label(*here, child) == item.type) next = &child;
      }
    }
    labels.push_back(next ? next->label : item.type);
    here = next;
  }
  return labels;
}

// The extractions that a schema asks for: one a depth.
std::vector<Schema> depths(const SchemaNode& root) {
  std::vector<Schema> schemas;
  while (true) {
    auto schema = std::make_shared<SchemaNode>();
    if (!copy_depth(root, schemas.size() + 1, *schema)) return schemas;
    schemas.push_back(std::move(schema));
  }
}

// A question about a text, or about a span found in it.
struct Question {
  size_t text;
  std::string label;  // as the client wrote it, with the options
  Choice choice;
  Findings* answer;            // where it goes
  const Finding* about;        // null: the text
  const std::string* aspects;  // the label of the span where it is of the first level, as the model is asked; else null
};

// Answers are added while others point into the tree: a group that grows its list of groups must not move findings.
static_assert(std::is_nothrow_move_constructible_v<FindingGroup>);

void collect_questions(const SchemaNode& node, Question next, std::vector<Question>& questions) {
  for (const SchemaNode& child : node.children) {
    if (auto choice = read_choice(child)) {
      questions.push_back({next.text, child.label, *std::move(choice), next.answer, next.about, next.aspects});
    } else if (FindingGroup* group = next.answer->find(child.label); group && !child.is_leaf()) {
      const std::string* aspects = next.about ? nullptr : &asked_label(node, child);
      for (Finding& finding : group->findings)
        collect_questions(child, {next.text, "", {}, &finding.relations, &finding, aspects}, questions);
    }
  }
}

void put_answer(const Question& question, Chosen chosen) {
  Finding& finding = question.answer->at(question.label).findings.emplace_back();
  finding.text = std::move(chosen.option);
  finding.probability = chosen.confidence;
  finding.has_place = false;
}

class TaskflowRun {
 public:
  TaskflowRun(const RunContext& context, const std::string& family, const std::vector<Text>& texts, Deadline deadline)
      : context_(context), family_(family), texts_(texts), deadline_(deadline), found_(texts.size()) {}

  Result<std::vector<Findings>> run(const SchemaNode& root) {
    const auto schemas = depths(root);
    const auto extracted = in_portions(
        texts_.size() * schemas.size(),
        [&](size_t i) {
          return Task{texts_[i / schemas.size()], schemas[i % schemas.size()], {}, deadline_};
        },
        [&](size_t i, const Extracted& answer) {
          for (const Chain& chain : answer.chains) found_[i / schemas.size()].add(chain, own_labels(root, chain));
        });
    if (!extracted) return tl::unexpected(extracted.error());
    std::vector<Question> questions;
    for (size_t i = 0; i < texts_.size(); ++i)
      collect_questions(root, {i, "", {}, &found_[i], nullptr, nullptr}, questions);
    const auto answered =
        ask_polarities(questions).and_then([&](std::vector<Question> rest) { return ask_one_by_one(rest); });
    if (!answered) return tl::unexpected(answered.error());
    return std::move(found_);
  }

 private:
  // Gives back the questions that are not answered: others, and about aspects without an opinion.
  Result<std::vector<Question>> ask_polarities(const std::vector<Question>& questions) {
    std::map<std::tuple<size_t, std::string, std::string>, std::vector<const Question*>> together;
    std::vector<Question> rest;
    for (const Question& question : questions) {
      if (question.aspects && polarity_schema(question.choice, *question.aspects)) {
        together[{question.text, *question.aspects, question.label}].push_back(&question);
      } else {
        rest.push_back(question);
      }
    }
    std::vector<std::vector<const Question*>> groups;
    for (auto& [key, group] : together) groups.push_back(std::move(group));
    const auto asked = in_portions(
        groups.size(),
        [&](size_t i) {
          const Question& first = *groups[i].front();
          return Task{texts_[first.text], polarity_schema(first.choice, *first.aspects), {}, deadline_};
        },
        [&](size_t i, const Extracted& answer) {
          for (const Question* question : groups[i]) {
            auto chosen = read_polarity(question->choice, question->about->begin, question->about->end, answer);
            if (chosen) {
              put_answer(*question, *std::move(chosen));
            } else {
              rest.push_back(*question);
            }
          }
        });
    if (!asked) return tl::unexpected(asked.error());
    return rest;
  }

  Result<void> ask_one_by_one(const std::vector<Question>& questions) {
    const auto form = [&](size_t i) {
      return choice_form(questions[i].choice, questions[i].about ? questions[i].about->text : "", family_);
    };
    return in_portions(
        questions.size(),
        [&](size_t i) {
          ChoiceForm asked = form(i);
          auto text = Text::from_utf8(asked.prefix + texts_[questions[i].text].bytes());
          return Task{text ? *std::move(text) : Text(), std::move(asked.schema), {}, deadline_};
        },
        [&](size_t i, const Extracted& answer) {
          auto chosen = read_chosen(form(i), questions[i].choice, answer);
          if (chosen) put_answer(questions[i], *std::move(chosen));
        });
  }

  // make(i) gives task i of `count`, take(i, answer) has its answer.
  template <class Make, class Take>
  Result<void> in_portions(size_t count, Make make, Take take) {
    for (size_t begin = 0; begin < count; begin += kPortion) {
      const size_t end = std::min(count, begin + kPortion);
      std::vector<Task> tasks;
      for (size_t i = begin; i < end; ++i) tasks.push_back(make(i));
      const auto results = run_jobs(context_, std::move(tasks), deadline_);
      for (size_t i = begin; i < end; ++i) {
        const JobResult& result = results[i - begin];
        if (!result) return tl::unexpected(result.error());
        take(i, *result);
      }
    }
    return {};
  }

  const RunContext& context_;
  const std::string& family_;
  const std::vector<Text>& texts_;
  const Deadline deadline_;
  std::vector<Findings> found_;
};

}  // namespace

Result<std::vector<Findings>> run_taskflow(const RunContext& context, const std::string& family,
                                           const std::vector<Text>& texts, const Schema& schema, Deadline deadline) {
  return TaskflowRun(context, family, texts, deadline).run(*schema);
}

}  // namespace uie
