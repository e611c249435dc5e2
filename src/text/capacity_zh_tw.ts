/** 報告中容量一節的中文文字（臺灣用語）。 @module */
import type { CapacityText } from "./capacity.ts";

/** @see CapacityText */
export const CAPACITY_ZH_TW: CapacityText = {
  capacity: "容量",
  rows: {
    little: "利特爾法則（L = λW）",
    places: "已使用的位置",
    cache: "KV 快取",
    room: (prompt, output, shared) =>
      `可容納的 ${prompt} + ${output} token 請求數${
        shared === undefined ? "" : `（提示最多 ${shared} 共用）`
      }`,
    roomUnknown: "可容納的同類請求數",
    first: "先碰到的上限",
    utilization: "使用率",
  },
  little: ({ inSystem, rate, e2e, expected }) =>
    `執行與等待中共 ${inSystem}，對照完成 ${rate} × E2E ${e2e} = ${expected}`,
  together: (ratio) => `比值 ${ratio}：彼此相符`,
  moreInside: (ratio, begun) =>
    `比值 ${ratio}：彼此不符：在系統內的請求多於已結束的請求所能解釋${
      begun === undefined ? "" : `（開始的比結束的多 ${begun} 個）`
    }`,
  fewerInside: (ratio) => `比值 ${ratio}：彼此不符：E2E 含有各次讀取時既未執行也未等待的時間`,
  places: (mean, most) => `平均 ${mean}，最多 ${most}`,
  ofLimit: (limit, learnt) => `，上限 ${limit}${learnt ? "（伺服器未提供；執行數停在此處）" : ""}`,
  noLimit: (cause) => `；上限 n/a：${cause}`,
  cache: (tokens) => `${tokens} 個 token`,
  usage: (mean, peak) => `平均使用 ${mean}，最多 ${peak}`,
  room: (mean, atEnd) => `平均可同時 ${mean} 個；全部接近結束時 ${atEnd} 個`,
  first: {
    sequence_limit: (limit) => `同時執行數上限（${limit}）：KV 快取容納得下`,
    kv_cache: (limit) => `KV 快取：同時執行數上限（${limit}）高於容納得下的數量`,
    either: (limit) =>
      `兩者皆可能：同時執行數上限（${limit}）落在可容納的範圍內，取決於請求的進度與共用的部分`,
  },
  utilization: (share, served, highest, width) =>
    `${share}：全程完成 ${served}，持續等待的 ${width} 內最高 ${highest}`,
  servedOnly: (served, cause) => `完成 ${served}；占多少：n/a：${cause}`,
  note:
    "可容納數以已結束請求的平均長度計算：較小的數字假設毫無共用，較大的數字假設前綴快取命中的部分是所有請求共同的開頭。最高速率是這次執行中看到的，並非伺服器在其他負載下的能力。",
};
