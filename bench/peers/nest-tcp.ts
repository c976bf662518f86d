/** NestJS microservices over its TCP transport, with its defaults. Node runs no decorators, so they are called. */
import "reflect-metadata";
import { Controller } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";
import { hello, type Job, order, type PeerClient, unaryClient } from "../work.ts";
import { freePort } from "./free-port.ts";

class Greeter {
  hello(input) {
    return hello(input);
  }

  order(input) {
    return order(input);
  }
}

class App {}

export async function serve() {
  for (const name of ["hello", "order"]) {
    const property = Object.getOwnPropertyDescriptor(Greeter.prototype, name);
    MessagePattern(name)(Greeter.prototype, name, property);
  }
  Controller()(Greeter);
  const port = await freePort();
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(
    { module: App, controllers: [Greeter] },
    { transport: Transport.TCP, options: { host: "127.0.0.1", port }, logger: false },
  );
  await app.listen();
  return { address: String(port) };
}

export async function open(address: string, job: Job): Promise<PeerClient> {
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: "127.0.0.1", port: Number(address) },
  });
  await client.connect();
  return unaryClient(job, {
    hello: (input) => firstValueFrom(client.send("hello", input)),
    order: (input) => firstValueFrom(client.send("order", input)),
  });
}
