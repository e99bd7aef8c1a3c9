/** SQL type of `__violations`: what is wrong with a row that is left out. */
export const VIOLATIONS_TYPE = 'STRUCT(rule VARCHAR, "column" VARCHAR, "value" VARCHAR, message VARCHAR)[]'
