const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Functions of one row's values, without I/O, clock, randomness or state. */
export const EXPR_FUNCTIONS = words(`
  + - * / // % ** ^ || ~~ !~~ ~~* !~~* like_escape not_like_escape ilike_escape not_ilike_escape abs round floor ceil
  ceiling trunc sign sqrt ln log log10 log2 exp pow power mod greatest least nullif lower upper length strlen trim
  ltrim rtrim substring substr left right replace reverse contains starts_with ends_with prefix suffix instr strpos
  concat concat_ws strip_accents nfc_normalize regexp_matches regexp_full_match regexp_extract regexp_replace
  date_part date_diff datediff date_trunc year month day hour minute second dayofweek isodow dayofyear week quarter
  url_decode url_encode json_valid json_type json_extract_string json_array_length epoch levenshtein jaro_winkler_similarity isnan isfinite isinf
`)

/** Functions that take numbers, where text would be compared letter by letter or not fit at all. */
export const NUMBER_FUNCTIONS = words(`
  + - * / // % ** ^ greatest least abs round floor ceil sqrt
`)

/** Refused with a hint: they read the clock. */
export const CLOCK_FUNCTIONS = words(`
  now today current_date current_timestamp get_current_timestamp transaction_timestamp age current_localtimestamp
  current_localtime
`)

/** Refused with a hint: the same input must give the same bytes. */
export const RANDOM_FUNCTIONS = words(`
  random setseed uuid gen_random_uuid uuidv4 uuidv7 nextval
`)
