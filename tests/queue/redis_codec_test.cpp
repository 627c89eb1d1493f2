#include "queue/redis_codec.h"

#include <gtest/gtest.h>

#include "queue/redis_address.h"

namespace uie::redis {
namespace {

Task full_task() {
  auto schema = std::make_shared<SchemaNode>();
  schema->children = {{"人物", {{"学校", {}}, {"", {}}}}, {"组织", {}}};
  auto named = std::make_shared<NamedTask>();
  named->kind = TaskKind::matching;
  named->second = Text::from_utf8("第二").value();
  named->question = "谁?";
  named->polarity = false;
  Task task;
  task.text = Text::from_utf8(std::string("王小明\0在北京", 19)).value();
  task.schema = schema;
  task.options.threshold = 0.1;
  task.options.thresholds = {{"人物", 0.7}};
  task.options.offsets = OffsetUnit::utf16;
  task.options.max_windows = 7;
  task.options.native = true;
  task.named = named;
  return task;
}

TEST(RedisCodec, ATaskComesBackAsItWas) {
  const std::string bytes = encode(full_task());
  const auto task = decode_task(bytes);
  ASSERT_TRUE(task);
  EXPECT_EQ(encode(*task), bytes);
  EXPECT_EQ(task->text.bytes(), full_task().text.bytes());
  EXPECT_EQ(task->schema->children[0].children[0].label, "学校");
  EXPECT_EQ(task->options.thresholds, full_task().options.thresholds);
  EXPECT_EQ(task->options.max_windows, 7u);
  EXPECT_FALSE(task->options.deadline_ms);
  EXPECT_EQ(task->named->second.bytes(), "第二");
  EXPECT_FALSE(task->named->polarity);
}

TEST(RedisCodec, AnAnswerComesBackAsItWas) {
  Extracted found;
  found.chains = {{{"人物", "王小明", 0, 3, 0.1}, {"学校", "北大", 4, 6, 1.0 / 3}}, {}};
  found.truncated = true;
  found.warnings = {"w"};
  found.usage = {1, 2, 3, 4};
  found.timing.compute = 0.25;
  found.native = {{{"t", "s", 1, 2, 0.5}}};
  const auto back = decode_result(encode(JobResult(found)));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->chains, found.chains);
  EXPECT_EQ(back->native, found.native);
  EXPECT_EQ(back->warnings, found.warnings);
  EXPECT_TRUE(back->truncated);
  EXPECT_EQ(back->usage.queries, 4u);
  EXPECT_EQ(back->timing.compute, 0.25);
  const auto error = decode_result(encode(JobResult(fail(ErrorCode::too_large, "m", "/w"))));
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, ErrorCode::too_large);
  EXPECT_EQ(error.error().where, "/w");
}

// Every cut and every changed byte: an error or another task, never a crash or a gigabyte.
TEST(RedisCodec, DamagedBytesAreErrors) {
  const std::string bytes = encode(full_task());
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_task(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_task(bytes + "x"));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(0xff);
    (void)decode_task(damaged);
    (void)decode_result(damaged);
    (void)decode_card(damaged);
  }
}

TEST(RedisCodec, DeadlinesTravelAsWallClock) {
  EXPECT_TRUE(from_wall(to_wall(Deadline::never())).is_never());
  const auto left = from_wall(to_wall(Deadline::after(std::chrono::milliseconds(5'000)))).left().count();
  EXPECT_NEAR(static_cast<double>(left), 5'000, 100);
  EXPECT_TRUE(from_wall(wall_now() - 1).expired());
}

Result<Address> address(const std::string& url) {
  RedisOptions options;
  options.url = url;
  return read_address(options);
}

TEST(RedisAddress, ReadsWhatUrlsHold) {
  const auto full = address("redis://me:p%40ss@example.org:7000/3").value();
  EXPECT_EQ(full.user, "me");
  EXPECT_EQ(full.password, "p@ss");
  EXPECT_EQ(full.host, "example.org");
  EXPECT_EQ(full.port, 7000);
  EXPECT_EQ(full.database, 3);
  EXPECT_EQ(full.shown(), "redis://example.org:7000/3") << "no secret in logs";
  EXPECT_EQ(address("redis://:pw@h").value().password, "pw");
  EXPECT_EQ(address("redis://h").value().port, 6379);
  EXPECT_EQ(address("redis://[::1]:7000").value().host, "::1");
  EXPECT_EQ(address("redis://[::1]:7000").value().port, 7000);
  EXPECT_EQ(address("unix:///run/r.sock?db=2").value().socket_path, "/run/r.sock");
  EXPECT_EQ(address("unix:///run/r.sock?db=2").value().database, 2);
  for (const char* wrong : {"", "http://h", "redis://", "redis://h:0", "redis://h:99999", "redis://h:x", "redis://h/x",
                            "unix://rel", "unix:///s?x=1", "redis://u:secret@h:x"}) {
    const auto refused = address(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace uie::redis
