// A redis-server of the test's own: a Unix socket (and, if asked, a port) in a temporary folder, with AOF.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "uie/base/log.h"
#include "uie/queue/redis.h"

namespace uie::testing_support {

class RedisServer {
 public:
  explicit RedisServer(std::vector<std::string> more = {}) : more_(std::move(more)) {
    std::signal(SIGPIPE, SIG_IGN);
    // The log is made with its first line, in a library that ThreadSanitizer does not see into: not by two threads.
    static const bool has_log = (init_log("warn", "text"), true);
    static_cast<void>(has_log);
    std::string name = (std::filesystem::temp_directory_path() / "uie-redis-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    dir_ = name;
    start();
  }
  ~RedisServer() {
    stop(SIGKILL);
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string socket() const { return dir_ / "redis.sock"; }
  std::string url() const { return "unix://" + socket(); }
  RedisOptions options() const {
    RedisOptions options;
    options.url = url();
    return options;
  }

  void start() {
    std::vector<std::string> words{"redis-server",         "--port",       "0",   "--unixsocket", socket(), "--dir",
                                   dir_.string(),          "--appendonly", "yes", "--save",       "",       "--logfile",
                                   (dir_ / "log").string()};
    // With the default, an fsync a second, Redis holds back writes while one is under way, and a kill loses what it has
    // answered. Tests kill processes, not machines.
    words.insert(words.end(), {"--appendfsync", "no"});
    words.insert(words.end(), more_.begin(), more_.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) != 0)
      throw std::runtime_error("redis-server cannot be started; is it installed?");
    for (int tries = 0; tries < 500 && !answers(); ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  void stop(int number = SIGTERM) {
    if (pid_ <= 0) return;
    ::kill(pid_, number);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void signal(int number) const { ::kill(pid_, number); }

  // What redis-cli says to one command.
  std::string say(const std::string& command) const {
    FILE* pipe = popen(("redis-cli -s " + socket() + " " + command + " 2>&1").c_str(), "r");
    std::string out;
    char buffer[4096];
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, size);
    pclose(pipe);
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }

 private:
  bool answers() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket().copy(address.sun_path, sizeof address.sun_path - 1);
    const bool there = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return there;
  }

  std::filesystem::path dir_;
  std::vector<std::string> more_;
  pid_t pid_ = -1;
};

}  // namespace uie::testing_support
