"""Passages to rankings by Milvus, the engine that grows from one machine to many.

A generation is a collection, which follows the log of the passages as what lies in a folder does;
an alias names the one that answers. Written for Milvus 2.3 and newer. From 2.5 on both legs are
there; an older one has no BM25, so that the words stay in a folder.
"""

from qa.milvus.address import Address
from qa.milvus.legs import MilvusLegs, MilvusRetrieval
from qa.milvus.server import Milvus

__all__ = ["Address", "Milvus", "MilvusLegs", "MilvusRetrieval"]
