type Given<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** Copies the fields that are not undefined, as JSON does. */
export function definedFields<Fields extends object>(fields: Fields): Given<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>;
}

/** Whether a value of any type is an own key of the table. (`Object.hasOwn` also accepts a list that holds one key.) */
export function isKeyOf<Table extends object>(table: Table, key: unknown): key is keyof Table & string {
  return typeof key === 'string' && Object.hasOwn(table, key);
}
