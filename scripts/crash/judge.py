"""The comparison at the end: what was promised, what arrived, and what the gaps say."""


def judge(stage):
    """Compares everything; counts what it finds, and adds the violations to those of the stage."""
    observed = [set(numbers) for numbers in stage.observer.received.numbers]
    for topic in stage.topics:
        judge_topic(stage, "the observer", topic, stage.observer.received, set(topic.accepted),
                    is_exact=topic.qos == 2)
    for subscriber in stage.subscribers:
        stage.counts["gaps"] += len(subscriber.gaps)
        for gap in subscriber.gaps:
            stage.counts[f"gaps: {gap.content.get('reason')}"] += 1
        for topic in stage.topics:
            if not subscriber.wants(topic.name):
                if subscriber.received.numbers[topic.index]:
                    stage.violate(f"{subscriber.name} got messages of {topic.name}")
                continue
            expected = set(topic.accepted) | observed[topic.index] if stage.has_log else set()
            is_exact = stage.has_log and topic.qos == 2 and subscriber.qos == 2
            judge_topic(stage, f"the stream '{subscriber.name}'", topic, subscriber.received,
                        expected, is_exact, subscriber.gaps)
        for gap in subscriber.gaps:
            if gap.content.get("exact") and gap.missing > gap.content["missed"]:
                stage.violate(f"a gap of the stream '{subscriber.name}' says {gap.content['missed']}, "
                              f"but {gap.missing} are missing: {gap.content}")


def judge_topic(stage, receiver, topic, received, expected, is_exact, gaps=()):
    numbers = received.numbers[topic.index]
    places = received.places[topic.index]
    known = set(numbers)
    lost = []
    for number in sorted(expected - known):
        gap = gap_around(number, numbers, places, gaps)
        if gap is None:
            lost.append(number)
        else:
            stage.counts["told by gaps"] += 1
            gap.missing += 1
    if lost:
        stage.counts["lost"] += len(lost)
        stage.violate(f"{receiver} has lost {len(lost)} messages of {topic.name}: {lost[:10]}; "
                      f"{lost[0]} was {stage.link.wire.story(topic.index, lost[0])}")
    repeats = len(numbers) - len(known)
    if repeats and (is_exact or not stage.may_repeat()):
        stage.counts["duplicated"] += repeats
        stage.violate(f"{receiver} got {repeats} messages of {topic.name} again: {again(numbers)[:10]}; "
                      f"the first was {stage.link.wire.story(topic.index, again(numbers)[0])}")
    else:
        stage.counts["repeats with QoS 1"] += repeats
    if refused := sorted(topic.refused & known):
        stage.counts["refused and sent"] += len(refused)
        stage.violate(f"{receiver} got messages of {topic.name} that were refused: {refused[:10]}")
    if known and max(known) >= topic.attempts:
        stage.violate(f"{receiver} got a message of {topic.name} that was never sent")
    if topic.is_ordered and (late := out_of_order(numbers)):
        stage.counts["out of order"] += len(late)
        stage.violate(f"{receiver} got messages of {topic.name} too late: {late[:10]}")


def again(numbers):
    seen, repeated = set(), []
    for number in numbers:
        if number in seen:
            repeated.append(number)
        seen.add(number)
    return repeated


def out_of_order(numbers):
    """The numbers that came for the first time after a greater one."""
    seen, highest, late = set(), -1, []
    for number in numbers:
        if number in seen:
            continue
        seen.add(number)
        if number < highest:
            late.append(number)
        highest = max(highest, number)
    return late


def gap_around(number, numbers, places, gaps):
    """The gap that stands between the neighbours of a message that is missing.

    No message of the test has QoS 0, and a gap that is about those alone excuses none.
    """
    gaps = [gap for gap in gaps if gap.content.get("qos") != 0]
    if not gaps:
        return None
    before = max((place for other, place in zip(numbers, places) if other < number), default=0)
    after = min((place for other, place in zip(numbers, places) if other > number), default=1 << 62)
    return next((gap for gap in gaps if gap.start < after and gap.end > before), None)
