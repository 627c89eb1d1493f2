"""All scenes together: by domain, with what is drawn from them and with the labels to ask wrongly for."""
from scene_files import as_list
from scene_labels import UNIVERSAL_LABELS


def clash(label, labels):
    return any(label in x or x in label for x in labels)


def bigrams(s):
    return {s[i:i + 2] for i in range(len(s) - 1)}


def vague(scene):
    """Opinion scenes: their labels are vague, so that they may well hold elsewhere."""
    return any("情感" in label for labels in scene.labels.values() for label in labels)


class Pool:
    def __init__(self, scenes):
        self.scenes = scenes
        self.related = [s for s in scenes if s.relations]
        self.by_domain = grouped(scenes)
        self.related_by_domain = grouped(self.related)
        self.domains = sorted(self.by_domain)
        self.general = UNIVERSAL_LABELS | {
            label for s in scenes for slot in s.slots.values() for label in as_list(slot.get("general"))}
        # domain -> [(label, generators)] to ask for in texts of other domains; vague ones only rarely
        self.wrong = {domain: sorted({
            (label, tuple(s.makes[key])) for s in members if not vague(s) for key, labels in s.labels.items()
            for label in labels if "触发词" not in label and "(" not in label}) for domain, members in self.by_domain.items()}
        self.opinions = sorted({
            label for s in scenes if vague(s) for labels in s.labels.values() for label in labels
            if "情感" in label or "词" in label})

    def choose(self, r, scenes, mixed, more=.22):
        """[(scene, template)] of one text: one, MORE often several of the scene, or at times, if MIXED, of others"""
        scene = r.choice(scenes)
        drawn = [(scene, r.choice(scene.parsed))]
        x = r.random()
        if x < more:
            for _ in range(r.choice([1, 1, 2, 3])):
                drawn.append((scene, r.choice(scene.parsed)))
        elif x < more + .12 and mixed:
            for _ in range(r.choice([1, 1, 2])):
                other = r.choice(self.by_domain[r.choice(self.domains)])
                drawn.append((other, r.choice(other.parsed)))
        unique = list({id(template): (scene, template) for scene, template in drawn}.values())
        r.shuffle(unique)
        return unique


def grouped(scenes):
    domains = {}
    for scene in scenes:
        domains.setdefault(scene.domain, []).append(scene)
    return domains
