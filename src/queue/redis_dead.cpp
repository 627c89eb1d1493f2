// Dead letters, for `uie jobs`: one connection, one call at a time.
#include <utility>

#include "queue/redis_codec.h"
#include "queue/redis_entry.h"
#include "queue/redis_keys.h"
#include "queue/redis_script_call.h"
#include "queue/redis_scripts.h"

namespace uie {
namespace {

using namespace redis;

struct Found {
  std::string model;
  Entry entry;
};

class DeadOffice {
 public:
  DeadOffice(const RedisOptions& options, Address address)
      : prefix_(options.prefix), connection_(std::move(address), none_.counter("", "")) {}

  Result<std::vector<Answer>> run(const std::vector<Command>& commands) {
    if (!connection_.connect()) return fail(ErrorCode::unavailable, "Redis cannot be reached; see above", "--redis");
    return connection_.run(commands);
  }

  ModelKeys keys(const std::string& model) const { return {prefix_, model}; }

  // All letters of a model, or of every model that ever had a worker.
  Result<std::vector<Found>> letters(const std::string& model) {
    std::vector<std::string> models{model};
    if (model.empty()) {
      auto known = run({{"HKEYS", FleetKeys(prefix_).cards()}});
      if (!known) return Unexpected(known.error());
      models.clear();
      for (const Answer& name : known->front().list) models.push_back(name.text);
    }
    std::vector<Found> found;
    for (const std::string& name : models) {
      auto entries = run({{"XRANGE", keys(name).dead(), "-", "+"}});
      if (!entries) return Unexpected(entries.error());
      for (const Answer& entry : entries->front().list) found.push_back({name, to_entry(entry)});
    }
    return found;
  }

  // `make` gives the command for one letter; its answer is 1 when the letter was there.
  template <class Make>
  Result<size_t> each(const std::string& model, const std::string& id, Make make) {
    auto found = letters(model);
    if (!found) return Unexpected(found.error());
    size_t done = 0;
    for (const Found& letter : *found) {
      if (!id.empty() && letter.entry.entry != id) continue;
      const auto answer = run({make(keys(letter.model), letter.entry)});
      if (!answer) return Unexpected(answer.error());
      done += answer->front().integer == 1;
    }
    return done;
  }

 private:
  const std::string prefix_;
  Metrics& none_ = no_metrics();
  Connection connection_;
};

Result<std::unique_ptr<DeadOffice>> open_office(const RedisOptions& options) {
  auto address = read_address(options);
  if (!address) return Unexpected(address.error());
  return std::make_unique<DeadOffice>(options, *std::move(address));
}

}  // namespace

Result<std::vector<DeadLetter>> list_dead_letters(const RedisOptions& options, const std::string& model) {
  auto office = open_office(options);
  if (!office) return Unexpected(office.error());
  auto found = (*office)->letters(model);
  if (!found) return Unexpected(found.error());
  std::vector<DeadLetter> letters;
  for (Found& letter : *found) {
    Entry& entry = letter.entry;
    letters.push_back({entry.entry, letter.model, entry.request_id, entry.error, entry.characters, entry.died});
  }
  return letters;
}

Result<size_t> requeue_dead_letters(const RedisOptions& options, const std::string& model, const std::string& id) {
  auto office = open_office(options);
  if (!office) return Unexpected(office.error());
  return (*office)->each(model, id, [](const ModelKeys& keys, const Entry& entry) {
    return call_script(scripts::requeue, {keys.jobs(), keys.live(), keys.waiting(), keys.chars(), keys.dead()},
                       {entry.entry});
  });
}

Result<size_t> drop_dead_letters(const RedisOptions& options, const std::string& model, const std::string& id) {
  auto office = open_office(options);
  if (!office) return Unexpected(office.error());
  return (*office)->each(model, id, [](const ModelKeys& keys, const Entry& entry) {
    return Command{"XDEL", keys.dead(), entry.entry};
  });
}

}  // namespace uie
