#include "schema/task_table.h"

#include <algorithm>

namespace uie {
namespace {

// "Event Extraction", "event_extraction" → "eventextraction".
std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ' ' || c == '-' || c == '_') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::vector<TaskRow> make_table() {
  return {
      {TaskKind::entities,
       "ner",
       "命名实体识别",
       "Named entities",
       "找出文本中各类名称的每一处。",
       "Every mention of the kinds of names that are asked for.",
       {"named-entity-recognition", "named-entities", "entities", "entity", "entity-extraction", "命名实体识别",
        "实体识别", "实体抽取"},
       TreeShape::flat,
       R"json({"人物": null, "地理位置": null, "组织机构": null})json",
       {"labels", "schema"},
       "entities",
       "1944年毕业于北大的名古屋铁道会长谷口清太郎等人在日本积极筹资，共筹款2.7亿日元，参加捐款的日本企业有69家。",
       R"json({"task": "ner", "labels": ["人物", "地理位置", "组织机构"]})json",
       R"json({"entities": [{"label": "组织机构", "text": "北大", "offset": [8, 10]}, {"label": "组织机构",
           "text": "名古屋铁道", "offset": [11, 16]}, {"label": "人物", "text": "谷口清太郎", "offset": [18,
           23]}, {"label": "地理位置", "text": "日本", "offset": [26, 28]}, {"label": "地理位置",
           "text": "日本", "offset": [48, 50]}]})json"},
      {TaskKind::relations,
       "relation",
       "关系抽取",
       "Relations",
       "先找主体，再找与它有关系的客体。标签写作“关系(客体类型)”。",
       "Subjects, and what stands in a relation to them. A label is written relation(kind of object).",
       {"re", "relations", "relation-extraction", "关系抽取"},
       TreeShape::two_level,
       R"json({"人物": {"出生地(地点)": null, "出生日期(日期)": null, "毕业院校(学校)": null, "国籍(国家)": null,
           "妻子(人物)": null, "丈夫(人物)": null}, "企业": {"创始人(人物)": null, "董事长(人物)": null,
           "总部地点(地点)": null, "成立日期(日期)": null}, "影视作品": {"导演(人物)": null,
           "主演(人物)": null, "上映时间(日期)": null}})json",
       {"schema"},
       "relations",
       "电影《风起雁门》由韩岳执导，程砚秋白、赵子墨主演，将于8月8日在全国上映。",
       R"json({"task": "relation", "schema": {"影视作品": {"导演(人物)": null, "主演(人物)": null,
           "上映时间(日期)": null}}})json",
       R"json({"relations": [{"subject": {"label": "影视作品", "text": "风起雁门", "offset": [3, 7]},
           "relation": "导演", "object": {"label": "人物", "text": "韩岳", "offset": [9, 11]}},
           {"subject": {"label": "影视作品", "text": "风起雁门", "offset": [3, 7]}, "relation": "主演",
           "object": {"label": "人物", "text": "程砚秋白", "offset": [14, 18]}},
           {"subject": {"label": "影视作品", "text": "风起雁门", "offset": [3, 7]}, "relation": "主演",
           "object": {"label": "人物", "text": "赵子墨", "offset": [19, 22]}},
           {"subject": {"label": "影视作品", "text": "风起雁门", "offset": [3, 7]}, "relation": "上映时间",
           "object": {"label": "日期", "text": "8月8日", "offset": [27, 31]}}]})json"},
      {TaskKind::events,
       "event",
       "事件抽取",
       "Events",
       "先找触发词，再找事件的论元。事件类型写作“胜负”即可。",
       "Trigger words, and the arguments of each event. An event type is written plainly, as 胜负.",
       {"ee", "events", "event-extraction", "事件抽取"},
       TreeShape::events,
       R"json({"胜负": {"时间": null, "胜者": null, "败者": null, "赛事名称": null}, "收购": {"时间": null,
           "收购方": null, "被收购方": null, "金额": null}, "离职": {"时间": null, "离职者": null,
           "原所属组织": null}, "地震": {"时间": null, "地点": null, "震级": null, "死亡人数": null}})json",
       {"schema"},
       "events",
       "7月28日，天津泰达在德比战中以0-1负于天津天海。",
       R"json({"task": "event", "schema": {"胜负": {"时间": null, "败者": null, "胜者": null, "赛事名称": null}}})json",
       R"json({"events": [{"type": "胜负", "trigger": {"text": "负于", "offset": [19, 21]},
           "arguments": [{"label": "时间", "text": "7月28日", "offset": [0, 5]}, {"label": "胜者",
           "text": "天津泰达", "offset": [6, 10]}, {"label": "败者", "text": "天津天海", "offset": [21, 25]},
           {"label": "赛事名称", "text": "德比战", "offset": [11, 14]}]}]})json"},
      {TaskKind::aspects,
       "aspect-opinion",
       "属性观点抽取",
       "Aspects and opinions",
       "找出属性词、对它的观点和极性；文本没有说出属性词的观点，aspect 为 null。",
       "What is judged, the words that judge it, and the polarity; where the text does not name what is judged, aspect "
       "is null.",
       {"absa", "aspect-based-sentiment-analysis", "aspect-sentiment", "aspects", "aspect", "属性观点抽取",
        "属性情感抽取", "评价对象抽取"},
       TreeShape::flat,
       R"json({"正向情感": null, "负向情感": null, "中性情感": null})json",
       {"labels", "polarity", "missing_aspect"},
       "aspects",
       "很满意，音质很好，发货速度快，值得购买",
       R"json({"task": "aspect-opinion"})json",
       R"json({"aspects": [{"aspect": {"text": "音质", "offset": [4, 6]}, "opinion": {"text": "很好",
           "offset": [6, 8]}, "polarity": "正向情感"}, {"aspect": {"text": "发货速度", "offset": [9, 13]},
           "opinion": {"text": "快", "offset": [13, 14]}, "polarity": "正向情感"}, {"aspect": null,
           "opinion": {"text": "很满意", "offset": [0, 3]}, "polarity": "正向情感"}, {"aspect": null,
           "opinion": {"text": "值得购买", "offset": [15, 19]}, "polarity": "正向情感"}]})json"},
      {TaskKind::sentiment,
       "sentiment",
       "情感分类",
       "Sentiment",
       "整段文本的情感倾向。",
       "The sentiment of the whole text.",
       {"sentiment-analysis", "sentiment-classification", "情感分类", "情感分析"},
       TreeShape::flat,
       R"json({"正向情感": null, "负向情感": null})json",
       {"labels", "schema"},
       "labels",
       "有点看不下去了，看作者介绍就觉得挺矫情了，文字也弱了点。后来才发现 大家对这本书评价都很低。亏了。",
       R"json({"task": "sentiment", "labels": ["正向情感", "负向情感"]})json",
       R"json({"labels": [{"label": "负向情感"}]})json"},
      {TaskKind::emotion,
       "emotion",
       "情绪分类",
       "Emotion",
       "整段文本的情绪。",
       "The emotion of the whole text.",
       {"emotions", "emotion-classification", "情绪分类", "情绪识别"},
       TreeShape::flat,
       R"json({"无情绪": null, "积极": null, "愤怒": null, "悲伤": null, "恐惧": null, "惊奇": null})json",
       {"labels", "schema"},
       "labels",
       "项目又被无限期推迟了，连个说法都没有，大家忙了半年算什么？",
       R"json({"task": "emotion"})json",
       R"json({"labels": [{"label": "愤怒"}]})json"},
      {TaskKind::classification,
       "classification",
       "文本分类",
       "Classification",
       "在给出的标签中选一个。",
       "One of the labels given.",
       {"single-label", "text-classification", "single-label-classification", "topic", "topic-classification",
        "文本分类", "单标签分类"},
       TreeShape::any,
       R"json({"教育": null, "财经": null, "房产": null, "旅游": null, "科技": null, "体育": null, "文化": null,
           "汽车": null, "娱乐": null, "军事": null, "农业": null, "国际": null})json",
       {"labels", "schema"},
       "labels",
       "学校召开2018届升学及出国深造毕业生座谈会就业指导",
       R"json({"task": "classification", "labels": ["民生", "文化", "娱乐", "体育", "财经", "教育"]})json",
       R"json({"labels": [{"label": "教育"}]})json"},
      {TaskKind::multi_label,
       "multi-label",
       "多标签分类",
       "Multi-label classification",
       "在给出的标签中选出所有合适的。",
       "All of the labels given that fit.",
       {"multi-label-classification", "multi-label-text-classification", "tagging", "多标签分类"},
       TreeShape::any,
       R"json({"教育": null, "财经": null, "房产": null, "旅游": null, "科技": null, "体育": null, "文化": null,
           "汽车": null, "娱乐": null, "军事": null, "农业": null, "国际": null})json",
       {"labels", "schema"},
       "labels",
       "《格林童话》是德国民间故事集。由德国的雅各格林和威廉格林兄弟根据民间口述材料改写而成。其中的《灰姑娘》、《白雪"
       "公主》、《小红帽》、《青蛙王子》等童话故事，已被译成多种文字，在世界各国广为流传，成为各地收集民间故事的范例。",
       R"json({"task": "multi-label", "labels": ["民间故事", "推理", "心理学", "历史", "传记", "外国名著", "文化",
           "诗歌", "童话", "艺术", "科幻", "小说"]})json",
       R"json({"labels": [{"label": "民间故事"}, {"label": "外国名著"}, {"label": "童话"}]})json"},
      {TaskKind::hierarchy,
       "hierarchical",
       "层次分类",
       "Hierarchical classification",
       "在标签树中从根到叶选一条路径。",
       "One path through a tree of labels, from the top to a leaf.",
       {"hierarchy", "hierarchical-classification", "hierarchical-text-classification", "层次分类", "层级分类"},
       TreeShape::any,
       "",
       {"schema"},
       "labels",
       "雨刷刮不干净怎么办",
       R"json({"task": "hierarchical", "schema": {"APP系统功能": {"蓝牙钥匙故障": null, "界面显示异常": null,
           "数据显示不准确": null, "远程控制故障": null}, "电器-附件": {"电子模块问题": null,
           "雨刮、洗涤器故障": null, "防盗报警系统": null, "定速巡航系统": null}}})json",
       R"json({"labels": [{"label": "雨刮、洗涤器故障", "path": ["电器-附件", "雨刮、洗涤器故障"]}]})json"},
      {TaskKind::matching,
       "matching",
       "文本匹配",
       "Text matching",
       "两段文本的意思是否相同。",
       "Whether two texts mean the same.",
       {"text-matching", "sentence-matching", "text-similarity", "similarity", "paraphrase", "文本匹配", "文本相似度"},
       TreeShape::flat,
       R"json({"相似": null, "不相似": null})json",
       {"text2", "labels"},
       "labels",
       "高分子材料与工程排名",
       R"json({"task": "matching", "text2": "高分子材料与工程专业的完整定义"})json",
       R"json({"labels": [{"label": "不相似"}]})json"},
      {TaskKind::inference,
       "inference",
       "自然语言推理",
       "Inference",
       "第二段文本与第一段的关系：蕴含、矛盾或中立。",
       "What the second text is to the first: entailed, contradicted or neither.",
       {"nli", "natural-language-inference", "entailment", "自然语言推理", "推理"},
       TreeShape::flat,
       R"json({"蕴含": null, "矛盾": null, "中立": null})json",
       {"text2", "labels"},
       "labels",
       "呃,银行听说都要扣一点这个转手费",
       R"json({"task": "inference", "text2": "从未有银行扣过手续费"})json",
       R"json({"labels": [{"label": "矛盾"}]})json"},
      {TaskKind::coreference,
       "coreference",
       "指代消解",
       "Coreference",
       "代词是否指代候选词。",
       "Whether a pronoun stands for a candidate.",
       {"coref", "wsc", "coreference-resolution", "指代消解"},
       TreeShape::flat,
       R"json({"是的": null, "不是": null})json",
       {"pronoun", "candidate", "labels"},
       "labels",
       "因为周围的山水，早已是一派浑莽无际的绿色了。任何事物一旦达到某种限度，你就不能再给它增加什么了。",
       R"json({"task": "coreference", "pronoun": "它", "candidate": "事物"})json",
       R"json({"labels": [{"label": "是的"}]})json"},
      {TaskKind::reading,
       "reading",
       "抽取式阅读理解",
       "Reading: answers in the text",
       "用文本中的原文回答一个或多个问题。",
       "Answers one or more questions with words of the text.",
       {"mrc", "extractive-reading", "machine-reading-comprehension", "reading-comprehension", "qa",
        "question-answering", "阅读理解", "抽取式阅读理解"},
       TreeShape::none,
       "",
       {"question"},
       "answers",
       "大莱龙铁路位于山东省北部环渤海地区，西起位于益羊铁路的潍坊大家洼车站，终到龙口，全长175公里。",
       R"json({"task": "reading", "question": ["大莱龙铁路位于哪里？", "大莱龙铁路全长多少？"]})json",
       R"json({"answers": [{"question": "大莱龙铁路位于哪里？", "text": "山东省北部环渤海地区", "offset": [7,
           17]}, {"question": "大莱龙铁路全长多少？", "text": "175公里", "offset": [42, 47]}]})json"},
      {TaskKind::choice,
       "multiple-choice",
       "选择式阅读理解",
       "Reading: multiple choice",
       "在给出的选项中选出问题的答案。",
       "The one of the options that answers a question about the text.",
       {"choice", "mrc-choice", "multiple-choice-reading", "multi-choice", "选择式阅读理解", "多项选择"},
       TreeShape::none,
       "",
       {"question", "options"},
       "labels",
       "A：最近飞机票打折挺多的，你还是坐飞机去吧。B：反正又不是时间来不及，飞机再便宜我也不坐，我一听坐飞机就头晕。",
       R"json({"task": "multiple-choice", "question": "B为什么不坐飞机?", "options": ["飞机票太贵", "时间来不及",
           "坐飞机头晕", "飞机票太便宜"]})json",
       R"json({"labels": [{"label": "坐飞机头晕"}]})json"},
  };
}

const std::vector<ParameterRow>& parameter_table() {
  static const std::vector<ParameterRow> table = {
      {"labels", "list of strings", false, "标签列表。", "The labels to look for or to choose from."},
      {"schema", "object", false, "标签树，与 /v1/extract 的 schema 相同；叶子为 null。",
       "A tree of labels as the schema of /v1/extract; leaves are null."},
      {"text2", "string", true, "与 text 比较的第二段文本。", "The second text, which text is compared with."},
      {"question", "string; of reading also a list of strings", true, "关于文本的问题。",
       "What is asked about the text."},
      {"options", "list of strings", true, "备选答案。", "The answers to choose from."},
      {"pronoun", "string", true, "文本中的代词；取候选词之后的第一处。",
       "A pronoun of the text; its first place after the candidate is meant."},
      {"candidate", "string", true, "文本中的候选词；取第一处。",
       "A word of the text that the pronoun may stand for; its first place is meant."},
      {"polarity", "boolean", false, "是否给出极性；默认 true。", "Whether to tell the polarity; true by default."},
      {"missing_aspect", "boolean", false, "是否也找没有属性词的观点；默认 true。",
       "Whether to look for opinions without a named aspect too; true by default."},
  };
  return table;
}

}  // namespace

const std::vector<TaskRow>& task_table() {
  static const std::vector<TaskRow> table = make_table();
  return table;
}

const TaskRow* find_task(std::string_view name) {
  const std::string wanted = folded(name);
  for (const TaskRow& row : task_table()) {
    if (folded(row.name) == wanted) return &row;
    const auto same = [&](std::string_view alias) { return folded(alias) == wanted; };
    if (std::any_of(row.aliases.begin(), row.aliases.end(), same)) return &row;
  }
  return nullptr;
}

const TaskRow& task_row(TaskKind kind) {
  const auto same = [&](const TaskRow& row) { return row.kind == kind; };
  return *std::find_if(task_table().begin(), task_table().end(), same);
}

std::string known_tasks() {
  std::string list;
  for (const TaskRow& row : task_table()) list += (list.empty() ? "" : ", ") + std::string(row.name);
  return list;
}

const ParameterRow& parameter_row(std::string_view name) {
  const auto same = [&](const ParameterRow& row) { return row.name == name; };
  return *std::find_if(parameter_table().begin(), parameter_table().end(), same);
}

}  // namespace uie
