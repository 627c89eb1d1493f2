// Requests a second and latencies over keep-alive HTTP at 1, 8 and 64 connections, against
//   http_bench                          a server in this process with an engine that answers at once: what the
//                                       front end itself can carry, the client on the same cores
//   http_bench HOST PORT [FILE [CONNECTIONS]]   a running server; FILE: request bodies, one a line, each sent once, so
//                                       that the rate compares with `uie extract` over the same lines
//   http_bench HOST PORT FILE CONNECTIONS RATE SECONDS   the lines over and over at so many requests a second, whatever
//                                       the server does (RATE 0: as fast as it answers); one line of JSON
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "server/fake_service.h"
#include "uie/base/log.h"
#include "uie/server/load_generator.h"
#include "uie/server/server.h"

namespace {

using namespace uie;

std::vector<std::string> read_bodies(const char* path) {
  std::vector<std::string> bodies;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) bodies.push_back(line);
  }
  return bodies;
}

bool measure(LoadOptions load, const std::vector<size_t>& connection_counts = {1, 8, 64}) {
  std::printf("%12s %12s %10s %10s %10s %10s %8s %8s\n", "connections", "requests/s", "p50 ms", "p90 ms", "p99 ms",
              "max ms", "refused", "broken");
  for (const size_t connections : connection_counts) {
    load.connections = connections;
    const auto report = run_load(load);
    if (!report) {
      std::fprintf(stderr, "%s\n", report.error().message.c_str());
      return false;
    }
    std::printf("%12zu %12.1f %10.3f %10.3f %10.3f %10.3f %8lu %8lu\n", connections, report->per_second(),
                report->all.p50_ms, report->all.p90_ms, report->all.p99_ms, report->all.max_ms,
                static_cast<unsigned long>(report->refused), static_cast<unsigned long>(report->broken));
  }
  return true;
}

bool print_json(const LoadOptions& load) {
  const auto report = run_load(load);
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().message.c_str());
    return false;
  }
  std::printf(R"({"seconds":%.3f,"answered":%lu,"refused":%lu,"broken":%lu,"unsent":%lu,"by_status":{)",
              report->seconds, static_cast<unsigned long>(report->answered),
              static_cast<unsigned long>(report->refused), static_cast<unsigned long>(report->broken),
              static_cast<unsigned long>(report->unsent));
  const char* separator = "";
  for (const auto& [status, of] : report->by_status) {
    std::printf(R"(%s"%d":{"count":%lu,"p50_ms":%.3f,"p90_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f})", separator, status,
                static_cast<unsigned long>(of.count), of.p50_ms, of.p90_ms, of.p99_ms, of.max_ms);
    separator = ",";
  }
  std::printf("}}\n");
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  init_log("warn", "text");
  LoadOptions load;
  load.bodies = {
      R"({"text":"2月8日上午北京冬奥会自由式滑雪女子大跳台决赛中中国选手谷爱凌以188.25分获得金牌","schema":{"人物":null,"赛事名称":null,"时间":null}})"};
  load.duration = std::chrono::milliseconds(3'000);
  if (argc > 2) {
    load.host = argv[1];
    load.port = std::atoi(argv[2]);
    if (argc > 3) {
      load.bodies = read_bodies(argv[3]);
      load.requests = load.bodies.size();
      load.duration = std::chrono::hours(1);
    }
    if (argc > 6) {
      load.connections = std::strtoul(argv[4], nullptr, 10);
      load.rate = std::atof(argv[5]);
      load.requests = 0;
      load.duration = std::chrono::milliseconds(static_cast<int>(1e3 * std::atof(argv[6])));
      return print_json(load) ? 0 : 1;
    }
    std::vector<size_t> counts = {1, 8, 64};
    if (argc > 4) counts = {std::strtoul(argv[4], nullptr, 10)};
    return measure(load, counts) ? 0 : 1;
  }
  testing_support::FakeService service;
  ServerOptions options;
  options.port = 0;
  Server server(service, options, SchemaLimits());
  if (auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  load.port = server.port();
  return measure(load) ? 0 : 1;
}
