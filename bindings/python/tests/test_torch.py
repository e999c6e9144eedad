"""liboptim.torch against torch.optim, and where it stands in for it."""
import copy
import gc
import inspect
import io
import pickle
import warnings
import weakref

import liboptim
import numpy as np
import pytest
from liboptim import library, schedules

torch = pytest.importorskip("torch")
import liboptim.torch as ours  # noqa: E402

ENTRIES = library.algorithms()
PLAIN = [entry.name for entry in ENTRIES if not entry.wraps]
CHAINS = PLAIN + [f"{entry.name}(adam)" for entry in ENTRIES if entry.wraps]


def model(seed=0, dtype=torch.float64):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3)).to(dtype)


def batch(net, i):
    generator = torch.Generator().manual_seed(i)
    x = torch.randn(9, 5, generator=generator, dtype=torch.float64).to(net[0].weight.dtype)
    return ((net(x) - 1) ** 2).mean()


def train(net, opt, steps, first=0, after=lambda: None):
    for i in range(first, first + steps):
        opt.zero_grad()
        batch(net, i).backward()
        opt.step()
        after()
    return flat(net)


def flat(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


# ---- The same numbers as torch.optim, settings as in docs/coming-from.md -------------------------------------------

PARITY = [
    ("SGD", {"lr": 0.1}, "SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}, "Momentum",
     {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}, "SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}, "Nesterov", {"lr": 0.1, "momentum": 0.8}),
    ("Rprop", {"etas": (0.4, 1.3)}, "Rprop", {"etas": (0.4, 1.3)}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.01, "initial_accumulator_value": 0.1}, "Adagrad",
     {"lr": 0.1, "lr_decay": 0.01, "initial_accumulator": 0.1, "eps": 1e-10}),
    ("RMSprop", {"momentum": 0.5, "centered": True}, "RMSprop",
     {"lr": 0.01, "rho": 0.99, "momentum": 0.5, "centered": True}),
    ("Adadelta", {"rho": 0.9}, "Adadelta", {"lr": 1.0, "rho": 0.9, "eps": 1e-6}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.99), "weight_decay": 0.1}, "Adam",
     {"lr": 0.01, "betas": (0.8, 0.99), "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True}, "AMSGrad", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "maximize": True}, "AdamW", {"lr": 0.01, "maximize": True}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.3}, "AdamW", {"lr": 0.01, "weight_decay": 0.3}),
    ("RAdam", {"lr": 0.01}, "RAdam", {"lr": 0.01, "rho_threshold": 5}),
    ("Adamax", {"lr": 0.01}, "Adamax", {"lr": 0.01}),
]


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-9), (torch.float32, 1e-4)])
@pytest.mark.parametrize("name, theirs, own_name, settings", PARITY)
def test_parity_with_torch(name, theirs, own_name, settings, dtype, tolerance):
    one, other = model(dtype=dtype), model(dtype=dtype)
    expected = train(one, getattr(torch.optim, name)(one.parameters(), **theirs), 60)
    got = train(other, getattr(ours, own_name)(other.parameters(), **settings), 60)
    assert (flat(model(dtype=dtype)) - expected).abs().max() > 1e-3
    assert (got - expected).abs().max() < tolerance


def groups(net, **settings):
    return [{"params": net[0].parameters(), **settings}, {"params": net[2].parameters()}]


SCHEDULERS = [
    lambda opt: torch.optim.lr_scheduler.OneCycleLR(opt, 0.1, total_steps=60),
    lambda opt: torch.optim.lr_scheduler.StepLR(opt, 7, 0.5),
    lambda opt: torch.optim.lr_scheduler.CosineAnnealingLR(opt, 50),
    lambda opt: torch.optim.lr_scheduler.LambdaLR(opt, [lambda t: 1 / (t + 1), lambda t: 1.0]),
    lambda opt: torch.optim.lr_scheduler.SequentialLR(opt, [
        torch.optim.lr_scheduler.ConstantLR(opt, 0.1, 5), torch.optim.lr_scheduler.ExponentialLR(opt, 0.9)], [5]),
]


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.filterwarnings("ignore:The epoch parameter")  # SequentialLR's own
def test_groups_and_schedulers_of_torch(scheduler):
    results = []
    for kind in (torch.optim.AdamW, ours.AdamW):
        net = model()
        opt = kind(groups(net, weight_decay=0.3, lr=0.02), lr=0.01)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            s = scheduler(opt)
        results.append(train(net, opt, 50, after=s.step))
        results.append([group["lr"] for group in opt.param_groups])
    assert (results[0] - results[2]).abs().max() < 1e-12 and results[1] == results[3]


def test_plateau_scheduler_and_changes_by_hand():
    results = []
    for kind in (torch.optim.Adam, ours.Adam):
        net = model()
        opt = kind(net.parameters(), 0.1)
        s = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=1)
        train(net, opt, 20, after=lambda: s.step(1.0))
        opt.param_groups[0]["betas"] = (0.5, 0.9)
        opt.param_groups[0]["eps"] = torch.tensor(1e-3, dtype=torch.float64)
        train(net, opt, 5, 20)
        results.append(flat(net))
    assert (results[0] - results[1]).abs().max() < 1e-12
    opt.param_groups[0]["lr"] = -1
    before = flat(net)
    with pytest.raises(ValueError, match="lr = -1"):
        opt.step()
    assert torch.equal(flat(net), before)


def test_schedules_of_the_library():
    one, other = model(), model()
    a = torch.optim.Adam(one.parameters(), lr=0.1)
    s = torch.optim.lr_scheduler.CosineAnnealingLR(a, 30)
    b = ours.Adam(other.parameters(), lr=0.1)
    b.liboptim.attach("lr", schedules.Cosine(steps=30))
    assert (train(one, a, 25, after=s.step) - train(other, b, 25)).abs().max() < 1e-12


# ---- The interface --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_classes(entry):
    kind = ours.CLASSES[entry.name]
    assert getattr(ours, kind.__name__) is kind and issubclass(kind, torch.optim.Optimizer)
    parameters = inspect.signature(kind).parameters
    assert next(iter(parameters)) == ("inner" if entry.wraps else "params")
    if not entry.wraps:
        assert list(parameters)[1] == "lr" and parameters["lr"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    for h in entry.hyperparameters:
        assert h.name in kind.__doc__ and h.help in kind.__doc__
    if "beta1" in [h.name for h in entry.hyperparameters]:
        assert "betas" in parameters and "beta1" not in parameters


@pytest.mark.parametrize("chain", CHAINS)
def test_the_same_bits_as_numpy(chain):
    net = model()
    opt = ours.create(chain, net.parameters(), lr=0.01)
    arrays = [p.detach().numpy().copy() for p in net.parameters()]
    core = liboptim.create(chain, arrays, lr=0.01)
    for i in range(15):
        opt.zero_grad()
        batch(net, i).backward()
        core.step([p.grad.numpy() for p in net.parameters()])
        opt.step()
    for p, array in zip(net.parameters(), arrays):
        assert p.detach().numpy().tobytes() == array.tobytes()
    p = net[0].weight
    assert {slot: view.shape for slot, view in opt.state[p].items()} == \
        {slot: view.shape for slot, view in core.slots_of(0).items()}


def test_closure_and_zero_grad():
    one, other = model(), model()
    results = []
    for net, opt in ((one, torch.optim.SGD(one.parameters(), lr=0.1)), (other, ours.SGD(other.parameters(), lr=0.1))):
        def closure():
            assert torch.is_grad_enabled()
            opt.zero_grad(set_to_none=True)
            loss = batch(net, 0)
            loss.backward()
            return loss
        results.append([opt.step(closure).item() for _ in range(5)])
        opt.zero_grad(set_to_none=False)
        assert all(not p.grad.any() for p in net.parameters())
        assert opt.step() is None
    assert results[0] == pytest.approx(results[1]) and (flat(one) - flat(other)).abs().max() < 1e-12


def test_none_gradients():
    net = model()
    opt = ours.Adam(net.parameters(), lr=0.1)
    before = flat(net)
    opt.step()
    assert torch.equal(flat(net), before)
    net[0].requires_grad_(False)
    first = net[0].weight.clone()
    train(net, opt, 3)
    assert torch.equal(net[0].weight, first) and not torch.equal(flat(net), before)
    assert not opt.state[net[0].weight]["exp_avg"].any()


def test_add_param_group():
    results = []
    for kind in (torch.optim.AdamW, ours.AdamW):
        net = model()
        opt = kind(net[0].parameters(), lr=0.1)
        train(net, opt, 5)
        opt.add_param_group({"params": net[2].parameters(), "lr": 0.01, "betas": (0.5, 0.5)})
        results.append(train(net, opt, 5, 5))
    assert (results[0] - results[1]).abs().max() < 1e-12
    extra = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    for wrong, exception in (({"params": extra, "lr": -1}, ValueError), ({"params": net[0].weight}, ValueError),
                             ({"params": extra, "loss_scale": 2}, TypeError), ({"params": extra.half()}, ValueError),
                             ({"params": [extra.half().detach()]}, TypeError)):
        with pytest.raises(exception):
            opt.add_param_group(wrong)
        assert len(opt.param_groups) == 2 and len(opt.liboptim) == 4
    opt.add_param_group({"params": extra})
    train(net, opt, 1)


def test_groups_contradict_themselves():
    with pytest.raises(liboptim.OptimConflictError):
        ours.SGD(model().parameters(), momentum=0.9, nesterov=True, dampening=0.1)
    net = model()
    with pytest.raises(liboptim.OptimConflictError):
        ours.SGD(groups(net, dampening=0.1), momentum=0.9, nesterov=True)
    ours.SGD(groups(net, dampening=0.1, nesterov=False), momentum=0.9, nesterov=True)
    for wrong in ({"foreach": True}, {"beta1": 0.5}, {"lrr": 1}):
        if "beta1" not in wrong:
            with pytest.raises(TypeError, match="has no hyperparameter"):
                ours.Adam(net.parameters(), **wrong)
    with pytest.raises(TypeError, match="betas must be a pair"):
        ours.Adam(net.parameters(), betas=0.9)


def test_wrappers():
    net, other = model(), model()
    inner = ours.RAdam(groups(net, lr=0.05), lr=0.1)
    opt = ours.Lookahead(inner, k=3)
    assert opt.param_groups[0]["sync_period"] == 3 and opt.param_groups[1]["lr"] == 0.1
    reference = ours.create("lookahead(radam)", groups(other, lr=0.05), lr=0.1, sync_period=3)
    s = torch.optim.lr_scheduler.StepLR(opt, 5, 0.5)
    t = torch.optim.lr_scheduler.StepLR(reference, 5, 0.5)
    assert torch.equal(train(net, opt, 12, after=s.step), train(other, reference, 12, after=t.step))
    with pytest.raises(liboptim.OptimStateError, match="inside a Lookahead"):
        inner.step()
    opt.add_param_group({"params": torch.ones(2, dtype=torch.float64, requires_grad=True)})
    average = ours.EMA(opt, decay=0.5)
    train(net, average, 4, 12)
    last = flat(net)
    with average.swapped():
        assert not torch.equal(flat(net), last)
    assert torch.equal(flat(net), last)
    for wrong, exception in (({"decya": 1}, TypeError), ({"decay": 2}, ValueError)):
        with pytest.raises(exception):
            ours.EMA(average, **wrong)
    average.step()
    with pytest.raises(TypeError, match="of liboptim.torch"):
        ours.EMA(torch.optim.SGD(net.parameters(), lr=1))


@pytest.mark.parametrize("chain", CHAINS)
def test_resumes_exactly(chain):
    net = model()
    opt = ours.create(chain, groups(net, weight_decay=0.1), lr=0.01)
    s = torch.optim.lr_scheduler.StepLR(opt, 3, 0.5)
    train(net, opt, 10, after=s.step)
    file = io.BytesIO()
    torch.save({"net": net.state_dict(), "opt": opt.state_dict(), "s": s.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file)
    again = model(seed=1)
    again.load_state_dict(saved["net"])
    other = ours.create(chain, groups(again))
    t = torch.optim.lr_scheduler.StepLR(other, 3, 0.5)
    other.load_state_dict(saved["opt"])
    t.load_state_dict(saved["s"])
    assert other.param_groups[0]["weight_decay"] == 0.1 and other.liboptim.steps == 10
    for i in range(10, 20):
        assert torch.equal(train(net, opt, 1, i, s.step), train(again, other, 1, i, t.step))
    assert opt.param_groups[0]["lr"] == other.param_groups[0]["lr"]


def test_changes_after_loading():
    opt, other = ours.Adam(model().parameters(), lr=0.5), ours.Adam(model().parameters(), lr=0.25)
    other.load_state_dict(opt.state_dict())
    assert other.param_groups[0]["lr"] == 0.5 and other.liboptim.get("lr", "0.0") == 0.5
    other.param_groups[0]["lr"] = 0.25  # as it was before
    other.step()
    assert other.liboptim.get("lr", "0.0") == 0.25


def test_state_dicts_that_are_refused():
    net = model()
    opt = ours.Adam(net.parameters(), lr=0.5)
    train(net, opt, 2)
    saved = opt.state_dict()
    assert saved["param_groups"][0]["params"] == [0, 1, 2, 3] and saved["param_groups"][0]["lr"] == 0.5
    with pytest.raises(ValueError, match="another optimizer"):
        opt.load_state_dict(torch.optim.Adam(net.parameters()).state_dict())
    for other in (ours.Adam(groups(model())), ours.Adam(model()[0].parameters()), ours.RAdam(model().parameters()),
                  ours.Adam(model(dtype=torch.float32).parameters())):
        with pytest.raises(liboptim.OptimMismatchError):
            other.load_state_dict(saved)
        assert other.liboptim.steps == 0 and other.param_groups[0]["lr"] == 0.001
    damaged = copy.deepcopy(saved)
    damaged["liboptim"][-1] ^= 1
    with pytest.raises(liboptim.OptimFormatError):
        opt.load_state_dict(damaged)
    for copying in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="state_dict"):
            copying(opt)


# ---- Tensors --------------------------------------------------------------------------------------------------------

def parameter(*args, **kwargs):
    return torch.nn.Parameter(torch.ones(*args, **kwargs))


@pytest.mark.parametrize("p, exception, message", [
    (lambda: parameter(3, dtype=torch.float16), liboptim.OptimDtypeError, r"torch.float16.*model.float\(\)"),
    (lambda: parameter(3, dtype=torch.bfloat16), liboptim.OptimDtypeError, "torch.bfloat16"),
    (lambda: parameter(3, dtype=torch.complex64), liboptim.OptimDtypeError, "torch.complex64"),
    (lambda: torch.nn.Parameter(torch.ones(3, 4).t()), liboptim.OptimArgumentError, r"contiguous\(\)"),
    (lambda: parameter(3, device="meta"), liboptim.OptimArgumentError, r"on meta.*model.cpu\(\)"),
    (lambda: torch.eye(3).to_sparse().requires_grad_(), liboptim.OptimArgumentError, "sparse"),
    (lambda: np.ones(3), TypeError, "Tensors"),
])
def test_parameters_that_are_refused(p, exception, message):
    good = parameter(3)
    with pytest.raises(exception, match=message):
        ours.Adam([good, p()])


def test_tied_parameters_are_refused():
    shared = torch.zeros(4)
    with pytest.raises(ValueError, match="shares memory"):
        ours.Adam([torch.nn.Parameter(shared), torch.nn.Parameter(shared[1:])])


def test_sparse_gradients_are_refused():
    embedding = torch.nn.Embedding(5, 3, sparse=True)
    opt = ours.Adam(embedding.parameters())
    embedding(torch.tensor([1, 2])).sum().backward()
    before = embedding.weight.clone()
    with pytest.raises(ValueError, match="sparse"):
        opt.step()
    assert torch.equal(embedding.weight, before)


def test_gradients_that_are_not_contiguous_are_copied():
    p, q = parameter(3, 4), parameter(3, 4)
    grad = torch.arange(12.0).reshape(4, 3).t()
    p.grad, q.grad = grad, grad.contiguous()
    ours.SGD([p], lr=1).step()
    ours.SGD([q], lr=1).step()
    assert torch.equal(p, q)
    p = parameter(3, 4)
    p.grad = torch.ones(1).expand(3, 4)
    ours.SGD([p], lr=1).step()
    assert not p.any()


def test_parameters_that_move():
    p = parameter(1000)
    opt = ours.EMA(ours.SGD([p], lr=1), decay=0.5)
    for i in range(5):
        p.data = p.data.clone()
        p.grad = torch.ones(1000)
        opt.step()
        assert torch.all(p == -i)
    p.data = p.data.clone()
    last = p.detach().clone()
    with opt.swapped():
        assert not torch.equal(p, last)
    assert torch.equal(p, last)
    for other in (torch.zeros(999), torch.zeros(10, 100), torch.zeros(1000, dtype=torch.float64)):
        was = p.data
        p.grad = None
        p.data = other
        with pytest.raises(liboptim.OptimStateError, match="change the model before"):
            opt.step()
        p.data = was


def test_memory_that_a_parameter_has_left_and_that_it_has_now():
    p = parameter(1000)
    opt = ours.SGD([p], lr=1)
    left = p.data
    p.data, p.grad = left.clone(), torch.ones(1000)
    opt.step()
    assert opt.liboptim.tensors["0.0"].data_ptr() == p.data_ptr()
    with pytest.raises(ValueError, match="shares memory"):
        opt.add_param_group({"params": torch.nn.Parameter(p.data[5:9])})
    opt.add_param_group({"params": torch.nn.Parameter(left)})


def test_autograd_sees_the_step():
    p = parameter(3)
    opt = ours.SGD([p], lr=1)
    loss = (p ** 2).sum()
    loss.backward(retain_graph=True)
    version = p._version
    opt.step()
    assert p._version > version
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_zero_grad_frees_gradients():
    p = parameter(1000)
    opt = ours.Adam([p])
    p.grad = torch.ones(1000)
    opt.step()
    alive = weakref.ref(p.grad)
    opt.zero_grad(set_to_none=True)
    assert alive() is None


def test_lifetime():
    gc.collect()
    gc.disable()
    try:
        p = parameter(1000)
        opt = ours.Adam([p])
        p.grad = torch.ones(1000)
        opt.step()
        view = opt.state[p]["exp_avg"]
        handle = weakref.ref(opt.liboptim._handle)
        del opt
        assert handle() is not None and torch.allclose(view, torch.tensor(0.1))
        del view
        assert handle() is None
    finally:
        gc.enable()


def test_what_is_inside_cannot_be_stepped():
    p = parameter(3)
    p.grad = torch.ones(3)
    opt = ours.Adam([p])
    for use in (opt.liboptim.step, lambda: opt.liboptim.bind([None]), lambda: opt.liboptim.add("x", np.ones(1))):
        with pytest.raises(liboptim.OptimStateError, match="inside an optimizer of liboptim.torch"):
            use()
    opt.step()
    assert opt.liboptim.steps == 1


def test_for_all_groups():
    p = parameter(3)
    opt = ours.SGD([p], lr=1, loss_scale=4, check_finite=2)
    assert "loss_scale" not in opt.param_groups[0] and opt.liboptim.loss_scale == 4
    p.grad = torch.full((3,), 4.0)
    opt.step()
    assert not p.any()
    p.grad = torch.full((3,), float("inf"))
    opt.step()
    assert not p.any() and opt.liboptim.skipped == 1 and opt.liboptim.loss_scale == 2
