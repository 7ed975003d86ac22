"""A process that only reads: the keys it is told, one a line, to whether a question finds them."""

import sys
from pathlib import Path

import numpy as np

from qa.legs import ANY
from qa.milvus import Address, Milvus, MilvusRetrieval
from qa.store import PassageStore


def main(address: str, folder: str, fingerprint: str) -> None:
    """Answer until there are no more lines: `both`, or which leg finds the key alone."""
    store = PassageStore(Path(folder) / "generation" / "passages.sqlite")
    retrieval = MilvusRetrieval(Milvus(Address.parse(address)), "test")
    vectors = store.vectors(store.keys().tolist())[1].reshape(len(store), -1)
    legs = retrieval.open("one", Path(folder), store, vectors.shape[1], fingerprint)
    for line in sys.stdin:
        key = int(line)
        (vector,) = store.vectors([key])[1].reshape(-1, vectors.shape[1])
        near = [row.key for row in legs.dense(np.asarray(vector), 1_000, ANY, None)]
        sys.stdout.write(f"{'found' if key in near else 'missing'}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
