// The built program serving HTTP on a port of its own, and a client that talks to it.
#pragma once

#include <httplib.h>

#include <chrono>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "program.h"

namespace uie::test {

// Key order counts in schemas.
using Json = nlohmann::ordered_json;

class Serving {
 public:
  // Waits until the program says that it is ready, half a minute at most.
  explicit Serving(std::vector<std::string> arguments) : process_(whole(std::move(arguments))) {
    for (int tries = 0; tries < 600 && port_ == 0; ++tries) {
      std::smatch found;
      const std::string said = out();
      if (std::regex_search(said, found, std::regex(R"(UI ready at http://localhost:(\d+))")))
        port_ = std::stoi(found[1]);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  bool started() const { return port_ != 0; }
  std::string out() const { return process_.out(); }
  std::string log() const { return process_.err(); }

  httplib::Result get(const std::string& path) const { return client().Get(path); }
  httplib::Result post(const std::string& path, const Json& body) const { return post(path, body.dump()); }
  httplib::Result post(const std::string& path, const std::string& body) const {
    return client().Post(path, body, "application/json");
  }

  // The value of a series as /metrics spells it, `name{label="value"}`; 0 where there is none.
  double metric(const std::string& series) const {
    std::istringstream lines(get("/metrics")->body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
    }
    return 0;
  }

 private:
  static std::vector<std::string> whole(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"serve", "--port", "0"});
    return arguments;
  }
  httplib::Client client() const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(std::chrono::seconds(120));
    return client;
  }

  Process process_;
  int port_ = 0;
};

}  // namespace uie::test
