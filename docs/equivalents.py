"""Whose form each family equals, and with which settings: what docs/generate.py cannot read off the library."""

EQUALS = {
    "sgd": "torch.optim.SGD and optax.sgd as they are; Keras's SGD with `lr_in_momentum` 1. These two agree while lr "
           "does not change.",
    "rprop": "torch.optim.Rprop (`rprop`). optax's rprop moves by the step size of the step before.",
    "adagrad": "torch.optim.Adagrad with `eps` 1e-10; Keras's and optax's with `eps_inside` 1, `eps` 1e-7 and "
               "`initial_accumulator` 0.1.",
    "rmsprop": "torch.optim.RMSprop with `rho` 0.99 and `lr` 0.01; Keras's with `eps_inside` 1, `eps` 1e-7 and "
               "`lr_in_momentum` 1; optax's with `eps_inside` 1 (its eps_in_sqrt) and `lr_in_momentum` 1.",
    "adadelta": "torch.optim.Adadelta and optax's with `rho` 0.9; Keras's with `eps` 1e-7 and `lr` 0.001.",
    "adam": "torch.optim.Adam (`amsgrad` with amsgrad=True), AdamW (`adamw`), DeepSpeed's and optax's as they are; "
            "Keras's and TensorFlow's with `eps_hat` 1 and `eps` 1e-7; optax.amsgrad with `max_corrected` 1.",
    "adabound": "the authors' program as long as `lr` stays what it was at the start.",
    "radam": "torch.optim.RAdam with `rho_threshold` 5; the authors' program with `unadapted` 0 and `rho_threshold` 5. "
             "optax.radam adds eps after the bias correction, which matters only where sqrt(v) is as small as eps.",
    "nadam": "torch.optim.NAdam of PyTorch 2; Keras's Nadam with `momentum_decay` 1, `eps` 1e-7 and `lr` 0.001; "
             "optax.nadam, whose mu is beta1 at every step, with `momentum_decay` 1e6.",
    "adamax": "torch.optim.Adamax, and optax's as it is. Keras's adds eps to u instead, after the maximum.",
    "lion": "the authors' program, Keras's with `lr` 0.001, and optax.lion, which has `weight_decay` 1e-3.",
    "lookahead": "optax.lookahead, with `inner_state` 1 for its reset_state; `ranger` is the first version of the "
                 "authors' Ranger, with `centralize` 1 that of 2020.",
    "ema": "use_ema of Keras before version 3. That of Keras 3, and torch.optim.swa_utils.AveragedModel with a moving "
           "average, start with the weights after the first step instead of those before it.",
    "swa": "torch.optim.swa_utils.AveragedModel, updated after the steps `start`, `start` + `period`, ...",
    "accumulate": "optax.MultiSteps; in PyTorch, calling backward() `every` times before a step, with the loss divided "
                  "by it (`mean` 1) or not (`mean` 0).",
}
