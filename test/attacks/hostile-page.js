/** All that a page can send to another site without being asked; it tells its own site when all has been tried. */
export async function attack({ gateway, proxy, own }) {
  const connect = "/till.v1.Till/Take";
  const query = `${connect}?connect=v1&encoding=json&message=%7B%7D`;
  const targets = [`${gateway}/till/take`, `${proxy}${connect}`, `${own}${connect}`];
  const reads = [`${gateway}/till/take`, `${gateway}/till/look`, proxy + query, own + query];
  const seen = [];
  const loads = (element) =>
    new Promise((resolve) => {
      for (const on of ["load", "error"]) element.addEventListener(on, resolve);
      document.body.append(element);
    });
  for (const url of targets) {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json"]) {
      const headers = { "content-type": type };
      for (const mode of ["no-cors", "cors"]) {
        seen.push(fetch(url, { method: "POST", mode, headers, body: "{}" }).catch(() => {}));
      }
    }
    navigator.sendBeacon(url, "{}");
    const frame = Object.assign(document.createElement("iframe"), { name: `to-${seen.length}` });
    const action = { method: "post", action: url, target: frame.name, enctype: "text/plain" };
    const form = Object.assign(document.createElement("form"), action);
    document.body.append(form);
    seen.push(loads(frame));
    form.submit();
  }
  for (const src of reads) {
    seen.push(loads(Object.assign(new Image(), { src })));
    seen.push(loads(Object.assign(document.createElement("script"), { src })));
    const to = src.replace("127.0.0.1", "other.localhost");
    seen.push(fetch(to, { mode: "no-cors" }).catch(() => {}));
  }
  for (const made of [
    new WebSocket(`${gateway.replace("http", "ws")}/till/look`),
    new EventSource(`${gateway}/till/look`),
  ]) {
    seen.push(
      new Promise((resolve) => ["open", "error"].map((on) => made.addEventListener(on, resolve))),
    );
  }
  await Promise.all(seen);
  await fetch("/done", { method: "POST", body: String(seen.length) });
}
