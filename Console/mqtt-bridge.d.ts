/** The browser library of mqtt-bridge. */

/** A message, as the bridge's streams write it; absent members have their default. */
export interface Message {
  /** The event id; retained messages, and topics without history, have none. */
  id?: string;
  topic: string;
  /** The payload as text, or as `payload_encoding` says. */
  payload: string;
  payload_encoding?: "plain" | "base64";
  qos: 0 | 1 | 2;
  retain: boolean;
  dup?: boolean;
  received_at?: string;
  properties?: MessageProperties;
}

export interface MessageProperties {
  content_type?: string;
  payload_format_indicator?: 0 | 1;
  message_expiry_interval?: number;
  response_topic?: string;
  /** Base64. */
  correlation_data?: string;
  user_properties?: [string, string][] | Record<string, string | string[]>;
}

/** Messages may be missing here. */
export interface Gap {
  reason: string;
  /** How many, where that can be known. */
  missed: number | null;
  exact: boolean;
  from?: string;
  to?: string;
  qos?: 0;
}

export interface Open {
  connection?: string;
  resumed?: boolean | "approximate";
  from?: string;
  transport: "eventsource" | "websocket";
  subscriptions: { topic: string; granted_qos?: number; reason_code?: number }[];
}

export type State = "idle" | "connecting" | "open" | "waiting" | "closed";

export interface Options {
  /** The address of the bridge, with its path prefix; by default the folder of this file. */
  url?: string | URL;
  /** A token, or what gets one: it is asked again before the one before ends. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Other headers that tell who is asking, such as Basic or `X-API-Key`. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>);
  /** Tabs with the same name share a stream; they must have the same rights. `false`: a stream for this tab alone. */
  share?: string | false;
  /** For how many seconds after its last message a page resumes where it was; `false`: it begins anew. */
  resume?: number | false;
  storage?: Pick<Storage, "getItem" | "setItem">;
  /** `auto` takes EventSource, and WebSocket where nothing comes through that. */
  transport?: "auto" | "eventsource" | "websocket";
  /** Seconds until a stream that has not begun is tried in another way. */
  openTimeout?: number;
  qos?: 0 | 1 | 2;
  /** Whether a subscription begins with the retained messages. */
  retained?: boolean;
  onstate?: (state: State, reason?: string) => void;
}

export interface Handlers {
  onmessage?: (message: Message) => void;
  ongap?: (gap: Gap) => void;
  onopen?: (open: Open) => void;
  onerror?: (error: BridgeError | Error) => void;
  retained?: boolean;
}

export interface Subscription {
  readonly filters: string[];
  close(): void;
}

export interface PublishOptions {
  qos?: 0 | 1 | 2;
  retain?: boolean;
  ack?: "broker" | "stored" | "none";
  expires_in?: number;
  idempotency_key?: string;
  properties?: MessageProperties;
}

export interface Receipt {
  id?: string;
  topic: string;
  qos: 0 | 1 | 2;
  retain: boolean;
  state: "queued" | "sent" | "received" | "acked" | "rejected" | "expired";
  reason_code?: number;
  matching_subscribers?: boolean;
}

export interface RequestOptions {
  qos?: 0 | 1 | 2;
  /** Seconds. */
  timeout?: number;
  properties?: Omit<MessageProperties, "response_topic" | "correlation_data">;
}

/** Text, bytes, or any other value, which is sent as JSON. */
export type Payload = string | ArrayBuffer | ArrayBufferView | number | boolean | object | null;

export class BridgeError extends Error {
  readonly status: number;
  readonly code?: string;
  readonly problem?: Record<string, unknown>;
}

export class MQTTBridge {
  constructor(options: Options);
  readonly url: string;
  readonly state: State;
  subscribe(filters: string | string[], handlers?: Handlers | ((message: Message) => void)): Subscription;
  publish(topic: string, payload?: Payload, options?: PublishOptions): Promise<Receipt>;
  request(topic: string, payload?: Payload, options?: RequestOptions): Promise<Message>;
  close(): void;
}

export function connect(options?: Options): MQTTBridge;
/** Whether a topic matches an MQTT filter. */
export function matches(filter: string, topic: string): boolean;
/** The payload of a message as bytes. */
export function bytes(message: Message): Uint8Array;
