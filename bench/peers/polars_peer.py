"""usage: polars_peer.py INPUT OUT_DIR

Lazy, streaming Polars. Reading stage1.csv again is faster here than keeping the rows in memory (that was tried), and stays
small; so are three regexes faster than one with alternatives, which Polars cannot search for by their fixed letters.
"""
import sys

import polars as pl

source, out = sys.argv[1:3]
NUMBERS = [
    "#", "video_duration_sec", "video_view_count", "video_like_count", "video_share_count", "video_download_count",
    "video_comment_count",
]
NEEDED = [
    "claim_status", "video_id", "video_duration_sec", "video_transcription_text", "author_ban_status", "video_view_count",
]
BAD_TEXTS = [r"(?i)\b(?:free money|giveaway)\b", r"https?://\S+", r"\d{3}[- ]?\d{3}[- ]?\d{4}"]
col = pl.col

clean = (
    pl.scan_csv(source, infer_schema=False)
    .with_columns(pl.all().str.strip_chars())
    .with_columns(col(NUMBERS).cast(pl.Float64, strict=False), pl.all().exclude(NUMBERS).replace("", None))
    .drop_nulls(NEEDED)
    .unique(maintain_order=True)
)
clean.sink_csv(f"{out}/stage1.csv")

text = col("video_transcription_text")
rule = (
    pl.when(col("video_view_count") < 1000).then(pl.lit("min_views"))
    .when(~col("video_duration_sec").is_between(5, 60)).then(pl.lit("duration"))
    .when(pl.any_horizontal(text.str.contains(pattern) for pattern in BAD_TEXTS)).then(pl.lit("bad_text"))
    .when(col("author_ban_status") == "banned").then(pl.lit("banned"))
    .when(text.str.len_chars() < 10).then(pl.lit("short_text"))
    .when(~col("claim_status").is_in(["claim", "opinion"])).then(pl.lit("status"))
)

rows = pl.scan_csv(f"{out}/stage1.csv", infer_schema=False).with_columns(col(NUMBERS).cast(pl.Float64))
judged = rows.with_columns(rule.alias("rule_id"))
pl.collect_all(
    [
        judged.filter(col("rule_id").is_null()).drop("rule_id").sink_csv(f"{out}/stage2.csv", lazy=True),
        judged.filter(col("rule_id").is_not_null()).sink_csv(f"{out}/rejected.csv", lazy=True),
    ],
    engine="streaming",
)
