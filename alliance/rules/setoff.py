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

    `price` is the node potential: an arc is *tight* when its cost plus the difference of prices
    is zero, that is, when it lies on a cheapest way from the source.
    """

    def __init__(self, members: int, arcs: Sequence[Arc]) -> None:
        self.source, self.sink = members, members + 1
        self.head: list[int] = []
        self.room: list[int] = []
        self.cost: list[int] = []
        self.leaving: list[list[int]] = [[] for _ in range(members + 2)]
        self.price = [0] * (members + 2)
        self.layer_of: list[int] = []
        self.next_arc: list[int] = []
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
                    reached = base + cost[arc] - price[head[arc]]
                    if reached < distance[head[arc]]:
                        distance[head[arc]] = reached
                        heappush(heap, (reached, head[arc]))
        nearest = distance[self.sink]
        if nearest == far:
            return False
        for node, reached in enumerate(distance):
            price[node] += min(reached, nearest)
        return True

    def layer(self) -> bool:
        """Number the nodes by tight steps from the source; False when the sink is out of reach."""
        head, room, cost, price = self.head, self.room, self.cost, self.price
        layer_of = [-1] * len(price)
        layer_of[self.source] = 0
        waiting = deque([self.source])
        while waiting and layer_of[self.sink] < 0:
            node = waiting.popleft()
            for arc in self.leaving[node]:
                there = head[arc]
                if room[arc] and layer_of[there] < 0 and cost[arc] + price[node] == price[there]:
                    layer_of[there] = layer_of[node] + 1
                    waiting.append(there)
        self.layer_of = layer_of
        self.next_arc = [0] * len(price)
        return layer_of[self.sink] >= 0

    def fill(self) -> None:
        """Send all that fits along the layers, way by way; a dead end is never entered twice."""
        head, room = self.head, self.room
        way: list[int] = []
        node = self.source
        while True:
            if node == self.sink:
                amount = min(room[arc] for arc in way)
                for arc in way:
                    room[arc] -= amount
                    room[arc ^ 1] += amount
                cut = next(place for place, arc in enumerate(way) if not room[arc])
                node = head[way[cut] ^ 1]
                del way[cut:]
            arc_on = self._step(node)
            if arc_on >= 0:
                way.append(arc_on)
                node = head[arc_on]
            elif way:
                node = head[way.pop() ^ 1]
                self.next_arc[node] += 1
            else:
                return

    def _step(self, node: int) -> int:
        """The next tight arc with room into the next layer, or -1."""
        head, room, cost, price = self.head, self.room, self.cost, self.price
        leaving, layer_of = self.leaving[node], self.layer_of
        here, onward = price[node], layer_of[node] + 1
        for place in range(self.next_arc[node], len(leaving)):
            arc = leaving[place]
            there = head[arc]
            if room[arc] and layer_of[there] == onward and cost[arc] + here == price[there]:
                self.next_arc[node] = place
                return arc
        self.next_arc[node] = len(leaving)
        return -1

    def _join(self, start: int, end: int, amount: int, cost: int) -> None:
        self.leaving[start].append(len(self.head))
        self.leaving[end].append(len(self.head) + 1)
        self.head += (end, start)
        self.room += (amount, 0)
        self.cost += (cost, -cost)
