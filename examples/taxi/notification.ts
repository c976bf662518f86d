/** Tells passengers what happens to them. A real one would send text messages; this one remembers them. */
import { serve, service } from "reef";

import { Notification } from "./contracts.ts";

const messagesMax = 100;

export const notification = service(Notification, ({ log }) => {
  const messages: { to: string; text: string }[] = [];
  return {
    send(message) {
      log.info(`to ${message.to}: ${message.text}`);
      messages.unshift(message);
      messages.length = Math.min(messages.length, messagesMax);
    },
    recent: ({ limit }) => ({ messages: messages.slice(0, limit) }),
  };
});

if (import.meta.main) await serve(notification);
