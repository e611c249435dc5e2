import type { CliText } from "./cli.ts";

/** Traditional Chinese words of the command lines. */
export const CLI_ZH_TW: CliText = {
  cannotWatch: (address, cause) => `無法監控 ${address}：${cause}`,
  answersAgain: (target) => `${target} 恢復回應`,
  serving: (url) => `模擬的 vLLM 位於 ${url}（指標位於 ${url}/metrics）。按 Ctrl-C 結束。`,
  lostPace: (late) => `這台機器跟不上此負載：模擬引擎落後 ${late}`,
  portTaken: (port) => `無法監聽連接埠 ${port}：已被占用，請改用其他連接埠（--port）`,
  cell: (number, count, heading) => `第 ${number} / ${count} 格：${heading}`,
  cellDone: (duration) => ` ${duration}`,
  cellFailed: (number, reason) => `第 ${number} 格失敗：${reason}`,
  interrupted: "已中斷：已收集的資料均保留。",
  nothingCollected: "沒有收集到任何資料。",
  written: "已寫入",
  findings: "診斷結果",
  nothingThere: (address) => `${address} 中沒有語言模型伺服器或本實驗室的資料`,
  sent: (samples) => `已送出 ${samples} 個樣本`,
  page: (url, tunnel) => `即時頁面：${url}（從其他機器：${tunnel}）`,
  noRun: (folder) => `${folder} 中尚無執行紀錄：改用隨附的資料`,
  cannotOpen: (path, reason) => `無法開啟 ${path}：${reason}`,
  reading: (name) => `讀取 ${name}`,
  monitoring: (targets, interval) => `每 ${interval} 監控 ${targets}。按 Ctrl-C 結束。`,
  noServerFound: (tried) => `在這台機器上找不到 vLLM：已嘗試 ${tried}；請以 --url 指定位址`,
  found: (address) => `找到位於 ${address} 的伺服器`,
  needsYes: (address) => `無法對 ${address} 施加負載：它不是這台機器，確定要送出請加上 --yes`,
  cannotLoad: (address, cause) => `無法對 ${address} 施加負載：${cause}`,
};
