/**
 * One stream of events to many readers: numbered, so that a reader who was away gets only what was missed.
 *
 * @module
 */

/** A message of the stream. */
export interface HubMessage {
  /** Its kind. */
  readonly event: string;
  /** One line. */
  readonly data: string;
}

/** Messages that are kept for readers who come back. */
const KEPT_MESSAGES = 600;
/** A reader who has so many messages unread is too slow, and is let go: it comes back by itself. */
const MOST_UNREAD = 200;
/** A reader waits so long before it tries again. */
const RETRY_MS = 1000;

const encoder = new TextEncoder();

/** Readers of `text/event-stream`. Ids are `EPOCH:NUMBER`; another epoch means another process. */
export class EventHub {
  readonly #epoch: string;
  readonly #readers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #kept: { readonly number: number; readonly text: string }[] = [];
  #number = 0;

  /** @param epoch tells this process's numbers from another's; anything without a colon or line end */
  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  /** Readers that are connected. */
  get size(): number {
    return this.#readers.size;
  }

  /** Sends to every reader. */
  publish(message: HubMessage): void {
    const number = ++this.#number;
    const text = this.#format(message, number);
    this.#kept.push({ number, text });
    if (this.#kept.length > KEPT_MESSAGES) this.#kept.shift();
    const bytes = encoder.encode(text);
    for (const reader of this.#readers) this.#send(reader, bytes);
  }

  /**
   * A new reader: what it missed since `lastEventId`, or else the whole, then everything that comes.
   *
   * @param whole makes the message that holds everything; what is published meanwhile comes behind it, perhaps twice
   */
  connect(lastEventId: string | null, whole: () => Promise<HubMessage>): ReadableStream<Uint8Array> {
    let mine: ReadableStreamDefaultController<Uint8Array> | undefined;
    return new ReadableStream<Uint8Array>({
      start: async (controller) => {
        mine = controller;
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
        const missed = this.#missed(lastEventId);
        if (missed === undefined) {
          const number = this.#number;
          const message = await whole();
          controller.enqueue(encoder.encode(this.#format(message, number)));
          for (const kept of this.#kept) {
            if (kept.number > number) controller.enqueue(encoder.encode(kept.text));
          }
        } else {
          for (const text of missed) controller.enqueue(encoder.encode(text));
        }
        this.#readers.add(controller);
      },
      cancel: () => {
        if (mine !== undefined) this.#readers.delete(mine);
      },
    });
  }

  /** Ends every stream. */
  close(): void {
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }

  #format({ event, data }: HubMessage, number: number): string {
    return `id: ${this.#epoch}:${number}\nevent: ${event}\ndata: ${data}\n\n`;
  }

  /** Texts after that id; undefined when it is another epoch's, unknown, or too old. */
  #missed(lastEventId: string | null): readonly string[] | undefined {
    const [epoch, digits] = lastEventId?.split(":") ?? [];
    const number = Number(digits);
    if (epoch !== this.#epoch || !Number.isInteger(number) || number > this.#number) return undefined;
    const oldest = this.#kept[0]?.number ?? this.#number + 1;
    if (number < oldest - 1) return undefined;
    return this.#kept.filter((kept) => kept.number > number).map((kept) => kept.text);
  }

  #send(reader: ReadableStreamDefaultController<Uint8Array>, bytes: Uint8Array): void {
    if ((reader.desiredSize ?? 0) < -MOST_UNREAD) {
      this.#readers.delete(reader);
      reader.error(new Error("Cannot keep the reader: it is too slow"));
      return;
    }
    reader.enqueue(bytes);
  }
}
