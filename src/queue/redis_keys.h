// Every key in Redis. A script names all keys it touches; a fleet lives in one Redis (shard by model, by prefix).
#pragma once

#include <string>

namespace uie::redis {

constexpr const char* kGroup = "workers";

// Of the whole fleet.
struct FleetKeys {
  explicit FleetKeys(const std::string& prefix) : prefix_(prefix + ":") {}

  std::string cards() const { return prefix_ + "cards"; }  // hash: model → what its worker says
  std::string front(const std::string& instance) const { return prefix_ + "front:" + instance; }  // alive while it is
  std::string replies(const std::string& instance) const { return prefix_ + "replies:" + instance; }  // stream

 private:
  std::string prefix_;
};

// Of one model.
struct ModelKeys {
  ModelKeys(const std::string& prefix, const std::string& model) : base_(prefix + ":model:" + model + ":") {}

  std::string jobs() const { return base_ + "jobs"; }  // stream: the jobs, until they are answered
  std::string live() const { return base_ + "live"; }  // hash: job → "entry characters", until it is answered
  std::string waiting() const {
    return base_ + "waiting";
  }                                                        // sorted set: "entry characters" by time, until it is taken
  std::string chars() const { return base_ + "chars"; }    // code points of those
  std::string trials() const { return base_ + "trials"; }  // hash: job → how often it ran as the only suspect
  std::string cancels() const { return base_ + "cancels"; }  // stream: jobs that were taken and nobody wants any more
  std::string workers() const { return base_ + "workers"; }  // sorted set: instance by when its heartbeat runs out
  std::string done() const { return base_ + "done"; }        // answers so far
  std::string dead() const { return base_ + "dead"; }        // stream: jobs that were given up
  std::string text(const std::string& job) const { return base_ + "text:" + job; }  // a long text, beside its entry

 private:
  std::string base_;
};

}  // namespace uie::redis
