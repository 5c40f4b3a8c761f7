/** From a tool's `parameters` to the type of its arguments. */
import type { StandardSchemaV1 } from "./standard-schema.ts";

/** The JSON Schema that tools use. Anything else in it is passed to the model as it stands. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly [key: string]: unknown;
}

/** What a tool's arguments are checked against: JSON Schema of an object, or a valibot schema. */
export type ToolParameters = JsonSchema | StandardSchemaV1;

/** The arguments' type: a valibot schema's output, or what the JSON Schema says where it is simple enough. */
export type ArgumentsOf<Parameters> =
  Parameters extends StandardSchemaV1<unknown, infer Output>
    ? Output
    : Parameters extends { readonly properties: infer Properties }
      ? Flatten<
          { [Key in RequiredKeys<Parameters, Properties>]: ValueOf<Properties[Key]> } & {
            [Key in Exclude<keyof Properties, RequiredKeys<Parameters, Properties>>]?: ValueOf<
              Properties[Key]
            >;
          }
        >
      : Record<string, unknown>;

type RequiredKeys<Parameters, Properties> = Parameters extends { readonly required: readonly (infer Key)[] }
  ? Extract<Key, keyof Properties>
  : never;

type ValueOf<Schema> = Schema extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : Schema extends { readonly type: "string" }
    ? string
    : Schema extends { readonly type: "number" | "integer" }
      ? number
      : Schema extends { readonly type: "boolean" }
        ? boolean
        : Schema extends { readonly type: "array"; readonly items: infer Items }
          ? ValueOf<Items>[]
          : Schema extends { readonly type: "object" }
            ? ArgumentsOf<Schema>
            : unknown;

type Flatten<Type> = { [Key in keyof Type]: Type[Key] };
