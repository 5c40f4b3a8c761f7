/** `Reflect.apply` as it was before any plugin could put its own in its place: what it is given are others' functions. */
export const { apply } = Reflect;
