"""The largest set-off along debts that exist: what must stay so that all positions stay (law §8.2).

Setting debts off in circles as far as possible is the same as keeping as little as possible of
each debt while every net position stays. That is a flow of least cost: each unit kept on a debt
costs one, net debtors send, net creditors receive. It is solved exactly, by shortest paths of
growing length (the primal-dual method), in whole numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush

Arc = tuple[int, int, int]
"""From (who owes), to (who is owed), and how much: members as numbers from 0."""


def least_kept(members: int, arcs: Sequence[Arc]) -> list[int]:
    """How much of each arc must be kept at least in sum, so that no net position changes.

    No arc grows and none is added. The answer depends on the order of the arcs only in which of
    several equally small answers is given; callers sort them.
    """
    flow = _Flow(members, arcs)
    while flow.measure():
        while flow.layer():
            flow.fill()
    return [flow.room[2 * index + 1] for index in range(len(arcs))]


class _Flow:
    """A residual network. Arc `2i` is the i-th arc, `2i + 1` its way back with the opposite cost.

    `price` is the node potential. An arc is *tight* when its cost plus the difference of prices is
    zero: only such arcs lie on a cheapest way, and the way back of a tight arc is tight as well.
    """

    def __init__(self, members: int, arcs: Sequence[Arc]) -> None:
        self.source, self.sink = members, members + 1
        self.head: list[int] = []
        self.room: list[int] = []
        self.cost: list[int] = []
        self.leaving: list[list[int]] = [[] for _ in range(members + 2)]
        self.price = [0] * (members + 2)
        self.tight: list[list[int]] = []
        self.onward: list[list[int]] = []
        position = [0] * members
        for debtor, creditor, amount in arcs:
            self._join(debtor, creditor, amount, 1)
            position[debtor] -= amount
            position[creditor] += amount
        for member, amount in enumerate(position):
            if amount < 0:
                self._join(self.source, member, -amount, 0)
            elif amount > 0:
                self._join(member, self.sink, amount, 0)

    def measure(self) -> bool:
        """Find the cheapest way from source to sink and set prices by it; False when none is left.

        Costs over prices are never negative, so Dijkstra's method holds also for the ways back.
        """
        head, room, cost, price = self.head, self.room, self.cost, self.price
        far = len(room) + 1
        distance = [far] * len(price)
        distance[self.source] = 0
        heap = [(0, self.source)]
        while heap:
            so_far, node = heappop(heap)
            if so_far > distance[node]:
                continue
            if node == self.sink:
                break
            base = so_far + price[node]
            for arc in self.leaving[node]:
                if room[arc]:
                    there = head[arc]
                    reached = base + cost[arc] - price[there]
                    if reached < distance[there]:
                        distance[there] = reached
                        heappush(heap, (reached, there))
        nearest = distance[self.sink]
        if nearest == far:
            return False
        price = [old + min(reached, nearest) for old, reached in zip(price, distance, strict=True)]
        self.tight = [[arc for arc in arcs if cost[arc] + here == price[head[arc]]]
                      for here, arcs in zip(price, self.leaving, strict=True)]
        self.price = price
        return True

    def layer(self) -> bool:
        """Number the nodes by tight steps from the source; False when the sink is out of reach.

        `onward` are the arcs with room from each layer into the next.
        """
        head, room = self.head, self.room
        layer_of = [-1] * len(self.tight)
        layer_of[self.source] = 0
        self.onward = [[] for _ in self.tight]
        waiting = deque([self.source])
        while waiting:
            node = waiting.popleft()
            if layer_of[node] == layer_of[self.sink]:
                break
            next_layer = layer_of[node] + 1
            for arc in self.tight[node]:
                if room[arc]:
                    there = head[arc]
                    if layer_of[there] < 0:
                        layer_of[there] = next_layer
                        waiting.append(there)
                    if layer_of[there] == next_layer:
                        self.onward[node].append(arc)
        return layer_of[self.sink] >= 0

    def fill(self) -> None:
        """Send all that fits along the layers, way by way; a full arc or dead end is taken out."""
        head, room, onward = self.head, self.room, self.onward
        way: list[int] = []
        node = self.source
        while True:
            if node == self.sink:
                amount = min([room[arc] for arc in way])
                for arc in way:
                    room[arc] -= amount
                    room[arc ^ 1] += amount
                full = next(place for place, arc in enumerate(way) if not room[arc])
                node = head[way[full] ^ 1]
                del way[full:]
            arcs = onward[node]
            while arcs and not room[arcs[-1]]:
                arcs.pop()
            if arcs:
                way.append(arcs[-1])
                node = head[arcs[-1]]
            elif way:
                node = head[way.pop() ^ 1]
                onward[node].pop()
            else:
                return

    def _join(self, start: int, end: int, amount: int, cost: int) -> None:
        self.leaving[start].append(len(self.head))
        self.leaving[end].append(len(self.head) + 1)
        self.head += (end, start)
        self.room += (amount, 0)
        self.cost += (cost, -cost)
