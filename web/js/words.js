// The page's own words, in Chinese and English.

const WORDS = {
  zh: {
    request: "请求", answer: "结果", example: "示例", mode: "模式", modeExtract: "抽取", modeClassify: "单选分类", modeMulti: "多选分类", text: "文本", schema: "Schema",
    schemaHint: "JSON：标签 → null 或下一层", task: "任务", noTask: "（自定义 Schema）", parameters: "任务参数", parametersHint: "JSON", run: "运行", running: "运行中…", copyCurl: "复制 curl", copied: "已复制", threshold: "置信度 ≥", colItems: "结果", colOffset: "位置",
    colConfidence: "置信度", none: "没有找到任何结果。", characters: "字", badJson: "不是合法的 JSON", unreachable: "无法连接服务器。", noExample: "（自定义）", other: "English",
    truncated: "结果不完整：文本或前缀超出上限。", time: (t, u) => `用时 ${t.total.toFixed(1)} ms（排队 ${t.queue.toFixed(1)}，分词 ${t.tokenize.toFixed(1)}，计算 ${t.compute.toFixed(1)}，解码 ${t.decode.toFixed(1)}）· ${u.queries} 次编码，${u.tokens} 个 token`,
    ready: (m) => `${m.name} · ${m.device} · ${m.dtype}`,
  },
  en: {
    request: "Request", answer: "Answer", example: "Example", mode: "Mode", modeExtract: "extract", modeClassify: "one label", modeMulti: "several labels", text: "Text", schema: "Schema",
    schemaHint: "JSON: label → null or the next level", task: "Task", noTask: "(a schema of your own)", parameters: "Task and parameters", parametersHint: "JSON", run: "Run", running: "Running…", copyCurl: "Copy curl", copied: "Copied", threshold: "Confidence ≥", colItems: "Found", colOffset: "Offsets",
    colConfidence: "Confidence", none: "Nothing was found.", characters: "characters", badJson: "is not valid JSON", unreachable: "The server cannot be reached.", noExample: "(your own)", other: "中文",
    truncated: "The answer is incomplete: the text or its prefixes went over a cap.", time: (t, u) => `${t.total.toFixed(1)} ms (queue ${t.queue.toFixed(1)}, tokenise ${t.tokenize.toFixed(1)}, compute ${t.compute.toFixed(1)}, decode ${t.decode.toFixed(1)}) · ${u.queries} encoder runs, ${u.tokens} tokens`,
    ready: (m) => `${m.name} · ${m.device} · ${m.dtype}`,
  },
};

export function preferredLanguage() {
  return localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
}

export const words = (language) => WORDS[language];
