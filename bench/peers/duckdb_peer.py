"""usage: duckdb_peer.py INPUT OUT_DIR

Plain SQL. The order of the rows is given up (DISTINCT does not keep it); stage 2 goes on from a table instead of reading
stage1.csv again; one regex asks for all three.
"""
import sys

import duckdb

source, out = sys.argv[1:3]
NUMBERS = [
    "#", "video_duration_sec", "video_view_count", "video_like_count", "video_share_count", "video_download_count",
    "video_comment_count",
]
NEEDED = [
    "claim_status", "video_id", "video_duration_sec", "video_transcription_text", "author_ban_status", "video_view_count",
]
HEADER = NUMBERS[:1] + ["claim_status", "video_id", NUMBERS[1], "video_transcription_text", "verified_status",
                        "author_ban_status"] + NUMBERS[2:]
# trim() without a list of characters takes spaces alone and is nearly free; the list is asked only where it can matter.
BLANKS = r"E' \t\r\n'"


def cell(name):
    if name in NUMBERS:
        return f'TRY_CAST("{name}" AS DOUBLE) AS "{name}"'
    ends = f'ascii(right("{name}", 1)) < 33 OR ascii("{name}") < 33'
    return f"""nullif(CASE WHEN {ends} THEN trim("{name}", {BLANKS}) ELSE "{name}" END, '') AS "{name}\""""


db = duckdb.connect()
db.execute("SET preserve_insertion_order = false")
db.execute(f"""
CREATE TEMP TABLE rows AS SELECT DISTINCT * FROM (
  SELECT {", ".join(cell(name) for name in HEADER)}
  FROM read_csv('{source}', all_varchar=true, header=true, delim=',', quote='"', escape='"', new_line='\\n'))
WHERE {" AND ".join(f'"{name}" IS NOT NULL' for name in NEEDED)}
""")
db.execute(f"COPY rows TO '{out}/stage1.csv' (HEADER)")
db.execute(r"""
CREATE TEMP TABLE judged AS SELECT *, CASE
  WHEN video_view_count < 1000 THEN 'min_views'
  WHEN video_duration_sec NOT BETWEEN 5 AND 60 THEN 'duration'
  WHEN regexp_matches(video_transcription_text,
    '(?i:\b(?:free money|giveaway)\b)|https?://\S+|\d{3}[- ]?\d{3}[- ]?\d{4}') THEN 'bad_text'
  WHEN author_ban_status = 'banned' THEN 'banned'
  WHEN length(video_transcription_text) < 10 THEN 'short_text'
  WHEN claim_status NOT IN ('claim', 'opinion') THEN 'status' END AS rule_id
FROM rows
""")
db.execute(f"COPY (SELECT * EXCLUDE rule_id FROM judged WHERE rule_id IS NULL) TO '{out}/stage2.csv' (HEADER)")
db.execute(f"COPY (SELECT * FROM judged WHERE rule_id IS NOT NULL) TO '{out}/rejected.csv' (HEADER)")
