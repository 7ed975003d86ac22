"""Articles to shards that any number of processes and machines embed, and shards into a home.

A shard is some articles as they were read, `shard-00000.articles.jsonl.gz`, and what a model makes
of their passages, `shard-00000.parquet`; `manifest.json` says which there are. Who embeds them
needs the folder and the model, not a home.
"""

from qa.shards.dealing import deal, deal_out, items_of
from qa.shards.loading import Shards, load
from qa.shards.manifest import Shard, ShardSet, alone
from qa.shards.running import TRIES, embed_here, embed_on_ray
from qa.shards.vectors import embed_shard, finished, missing

__all__ = [
    "TRIES",
    "Shard",
    "ShardSet",
    "Shards",
    "alone",
    "deal",
    "deal_out",
    "embed_here",
    "embed_on_ray",
    "embed_shard",
    "finished",
    "items_of",
    "load",
    "missing",
]
