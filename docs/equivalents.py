"""Whose form each family equals, and with which settings: what docs/generate.py cannot read off the library."""

EQUALS = {
    "sgd": "torch.optim.SGD and optax.sgd as they are; Keras's SGD with `lr_in_momentum` 1.",
    "rprop": "torch.optim.Rprop (`rprop`). optax's rprop moves by the step of the step before.",
    "adagrad": "torch.optim.Adagrad with `eps` 1e-10; Keras's and optax's with `eps_inside` 1, `eps` 1e-7 and "
               "`initial_accumulator` 0.1.",
    "rmsprop": "torch.optim.RMSprop with `rho` 0.99 and `lr` 0.01; Keras's with `eps_inside` 1, `eps` 1e-7 and "
               "`lr_in_momentum` 1; optax's with `eps_inside` 1.",
    "adadelta": "torch.optim.Adadelta and optax's with `rho` 0.9; Keras's with `eps` 1e-7 and `lr` 0.001.",
    "adam": "torch.optim.Adam (`amsgrad` with amsgrad=True), AdamW (`adamw`) and optax.adam as they are; Keras's and "
            "TensorFlow's with `eps_hat` 1 and `eps` 1e-7; optax.amsgrad with `max_corrected` 1.",
    "adabound": "the authors' program as long as `lr` stays what it was at the start.",
    "radam": "torch.optim.RAdam and optax.radam with `rho_threshold` 5; the authors' program with `unadapted` 0 and "
             "`rho_threshold` 5.",
    "nadam": "torch.optim.NAdam, but for the product of momenta in PyTorch 1.13 (see the end of this page).",
    "adamax": "torch.optim.Adamax.",
    "lion": "the authors' program and optax.lion, which has `weight_decay` 1e-3.",
    "lookahead": "optax.lookahead; `ranger` is the first version of the authors' Ranger, with `centralize` 1 that of 2020.",
    "ema": "torch.optim.swa_utils.AveragedModel with a moving average, but that ours starts as the weights before the "
           "first step; Keras's use_ema.",
    "swa": "torch.optim.swa_utils.AveragedModel, updated after the steps `start`, `start` + `period`, ...",
    "accumulate": "optax.MultiSteps; calling backward() `every` times before a step in PyTorch, with the loss divided by it.",
}
