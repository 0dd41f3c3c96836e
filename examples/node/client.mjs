// A small client on fetch: create, poll, download. The pause between two polls is passed in, so that tests need none.

export class VideoError extends Error {
  constructor(code, message, taskId) {
    super(`${code} ${message}` + (taskId ? ` (task ${taskId})` : ""));
    this.code = code;
    this.taskId = taskId;
  }
}

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

export class VideoClient {
  constructor({ base = process.env.MINIMAX_BASE_URL, key = process.env.MINIMAX_API_KEY, pause = sleep } = {}) {
    Object.assign(this, { base, key, pause });
  }

  // Sends a create again only after a refusal for its rate: then no task was made. When the connection breaks, one may
  // have been made, and a second create would be a second bill.
  async create(order, tries = 5) {
    for (let n = 1; ; n++) {
      const body = await this.#call("/v1/video_generation", { method: "POST", body: JSON.stringify(order) });
      const { status_code: code, status_msg: message } = body.base_resp;
      if (code === 0) return body.task_id;
      if (code !== 1002 || n === tries) throw new VideoError(code, message);
      await this.pause(2 ** n);
    }
  }

  async wait(taskId, polls = 60) {
    for (let n = 0; n < polls; n++) {
      const { status, file_id, base_resp } = await this.#call(`/v1/query/video_generation?task_id=${taskId}`);
      if (status === "Success") return file_id;
      if (status === "Fail" || ![0, 1002].includes(base_resp.status_code)) {
        throw new VideoError(base_resp.status_code, base_resp.status_msg, taskId);
      }
      await this.pause(10);
    }
    throw new VideoError(0, "still not ready", taskId);
  }

  async download(fileId) {
    const { file, base_resp } = await this.#call(`/v1/files/retrieve?file_id=${fileId}`);
    if (base_resp.status_code !== 0) throw new VideoError(base_resp.status_code, base_resp.status_msg);
    return new Uint8Array(await (await fetch(file.download_url)).arrayBuffer());
  }

  async #call(path, options = {}) {
    const headers = { Authorization: `Bearer ${this.key}`, "Content-Type": "application/json" };
    return (await fetch(this.base + path, { headers, signal: AbortSignal.timeout(30_000), ...options })).json();
  }
}
