"""usage: pandas_peer.py INPUT OUT_DIR

Plain pandas, column by column. Stage 2 goes on from the rows in memory instead of reading stage1.csv again, and the regexes
are asked only of rows that no earlier rule stops, in one pattern.
"""
import sys

import pandas as pd

source, out = sys.argv[1:3]
NUMBERS = [
    "#", "video_duration_sec", "video_view_count", "video_like_count", "video_share_count", "video_download_count",
    "video_comment_count",
]
NEEDED = [
    "claim_status", "video_id", "video_duration_sec", "video_transcription_text", "author_ban_status", "video_view_count",
]
BAD_TEXT = r"(?i:\b(?:free money|giveaway)\b)|https?://\S+|\d{3}[- ]?\d{3}[- ]?\d{4}"

rows = pd.read_csv(source, dtype=str, keep_default_na=False)
for name in rows.columns:
    if name in NUMBERS:
        rows[name] = pd.to_numeric(rows[name].str.strip(), errors="coerce")
    else:
        cells = rows[name].str.strip()
        rows[name] = cells.mask(cells == "")
rows = rows.dropna(subset=NEEDED).drop_duplicates()
rows.to_csv(f"{out}/stage1.csv", index=False)

rule = pd.Series(None, index=rows.index, dtype=object)


def stop(name, good):
    rule[rule.isna() & ~good] = name


stop("min_views", rows["video_view_count"] >= 1000)
stop("duration", rows["video_duration_sec"].between(5, 60))
asked = rows.loc[rule.isna(), "video_transcription_text"]
rule[asked.index[asked.str.contains(BAD_TEXT)]] = "bad_text"
stop("banned", rows["author_ban_status"] != "banned")
stop("short_text", rows["video_transcription_text"].str.len() >= 10)
stop("status", rows["claim_status"].isin(["claim", "opinion"]))

kept = rule.isna()
rows[kept].to_csv(f"{out}/stage2.csv", index=False)
rows[~kept].assign(rule_id=rule[~kept]).to_csv(f"{out}/rejected.csv", index=False)
