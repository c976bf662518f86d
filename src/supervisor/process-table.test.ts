import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { procTable, psTable } from "./process-table.ts";

const linux = { skip: process.platform !== "linux" && "there is no /proc here" };

test("procTable and psTable tell the same of a process that lives", linux, () => {
  const [proc, ps] = [procTable.status(process.pid), psTable.status(process.pid)];
  assert.ok(proc && ps);
  assert.deepEqual([proc.isZombie, proc.group], [ps.isZombie, ps.group]);
  assert.match(ps.startTime, /^\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}$/);
  assert.match(procTable.bootId(), /^[0-9a-f-]{36}$/);
});

test("procTable and psTable find the processes of a group", linux, async () => {
  const shell = spawn("sh", ["-c", "sleep 60 & echo up; wait"], { detached: true });
  await once(shell.stdout, "data");
  assert.ok(shell.pid);
  assert.equal(procTable.group(shell.pid).length, 2);
  assert.equal(psTable.group(shell.pid).length, 2);
  process.kill(-shell.pid, "SIGKILL");
  await once(shell, "exit");
});

test("procTable finds who has outlived the leader of its group", linux, async () => {
  const shell = spawn("sh", ["-c", "sleep 60 & echo up; wait"], { detached: true });
  await once(shell.stdout, "data");
  const { pid = 0 } = shell;
  const isStray = () => procTable.strays().some(({ group }) => group === pid);
  try {
    assert.equal(isStray(), false);
    process.kill(pid, "SIGKILL");
    await once(shell, "exit");
    assert.equal(isStray(), true);
  } finally {
    process.kill(-pid, "SIGKILL");
  }
});

test("status() knows no process of a pid that is not in use", linux, () => {
  assert.equal(procTable.status(2 ** 30), undefined);
  assert.equal(psTable.status(2 ** 30), undefined);
});
