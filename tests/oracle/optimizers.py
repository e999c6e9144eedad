"""Every optimizer, one class a family, transcribed from its paper. t counts from 1; state starts at 0."""
import math

import numpy as np

from common import Optimizer, correction, power


class SGD(Optimizer):
    """Polyak 1964; Sutskever et al. 2013 (nesterov). PyTorch's form, or the classical one with lr_in_momentum."""
    defaults = {"lr": 0.01, "momentum": 0.0, "dampening": 0.0, "nesterov": 0, "lr_in_momentum": 0}
    first_moment = "b"

    def start(self, theta):
        self.b = np.zeros_like(theta)

    def update(self, theta, g):
        h = self.h
        if h.lr_in_momentum:                    # b := mu b - lr g; theta := theta + (nesterov ? mu b - lr g : b)
            self.b = h.momentum * self.b - h.lr * g
            return theta + (h.momentum * self.b - h.lr * g if h.nesterov else self.b)
        if h.momentum == 0:                     # no buffer: dampening has nothing to damp (PyTorch)
            return theta - h.lr * g
        if self.t == 1:
            self.b = g
        else:
            self.b = h.momentum * self.b + (1 - h.dampening) * g
        return theta - h.lr * (g + h.momentum * self.b if h.nesterov else self.b)


class Rprop(Optimizer):
    """Riedmiller & Braun 1993 ("plus", "minus"); Igel & Huesken 2003, iRprop- ("improved")."""
    defaults = {"lr": 0.01, "eta_minus": 0.5, "eta_plus": 1.2, "step_min": 1e-6, "step_max": 50.0, "variant": "improved"}

    def start(self, theta):
        self.delta = np.full_like(theta, self.h.lr)
        self.g_prev = np.zeros_like(theta)
        self.change = np.zeros_like(theta)

    def update(self, theta, g):
        h = self.h
        s = g * self.g_prev
        factor = np.where(s > 0, h.eta_plus, np.where(s < 0, h.eta_minus, 1.0)).astype(theta.dtype)
        self.delta = np.clip(self.delta * factor, h.step_min, h.step_max)
        flip = s < 0
        if h.variant == "improved":
            g = np.where(flip, 0 * g, g)
        change = -np.sign(g) * self.delta
        if h.variant == "plus":                 # take the last change back, and forget the gradient
            change = np.where(flip, -self.change, change)
            g = np.where(flip, 0 * g, g)
        self.change = change
        self.g_prev = g
        return theta + change


class Adagrad(Optimizer):
    """Duchi, Hazan & Singer 2011."""
    defaults = {"lr": 0.01, "eps": 1e-8, "lr_decay": 0.0, "initial_accumulator": 0.0, "eps_inside": 0}

    def start(self, theta):
        self.S = np.full_like(theta, self.h.initial_accumulator)

    def update(self, theta, g):
        h = self.h
        self.S = self.S + g * g
        root = np.sqrt(self.S + h.eps) if h.eps_inside else np.sqrt(self.S) + h.eps
        return theta - h.lr / (1 + (self.t - 1) * h.lr_decay) * (g / root)


class RMSProp(Optimizer):
    """Tieleman & Hinton 2012; centered and with momentum: Graves 2013."""
    defaults = {"lr": 0.001, "rho": 0.9, "eps": 1e-8, "momentum": 0.0, "centered": 0, "eps_inside": 0,
                "lr_in_momentum": 0, "initial_accumulator": 0.0}
    first_moment = "b"

    def start(self, theta):
        self.S = np.full_like(theta, self.h.initial_accumulator)
        self.a = np.zeros_like(theta)
        self.b = np.zeros_like(theta)

    def update(self, theta, g):
        h = self.h
        self.S = h.rho * self.S + (1 - h.rho) * g * g
        D = self.S
        if h.centered:
            self.a = h.rho * self.a + (1 - h.rho) * g
            D = np.maximum(self.S - self.a * self.a, 0)
        u = g / (np.sqrt(D + h.eps) if h.eps_inside else np.sqrt(D) + h.eps)
        if h.momentum == 0:
            return theta - h.lr * u
        if h.lr_in_momentum:
            self.b = h.momentum * self.b + h.lr * u
            return theta - self.b
        self.b = h.momentum * self.b + u
        return theta - h.lr * self.b


class Adadelta(Optimizer):
    """Zeiler 2012, Algorithm 1."""
    defaults = {"lr": 1.0, "rho": 0.95, "eps": 1e-6}

    def start(self, theta):
        self.E = np.zeros_like(theta)
        self.D = np.zeros_like(theta)

    def update(self, theta, g):
        h = self.h
        self.E = h.rho * self.E + (1 - h.rho) * g * g
        delta = np.sqrt(self.D + h.eps) / np.sqrt(self.E + h.eps) * g
        self.D = h.rho * self.D + (1 - h.rho) * delta * delta
        return theta - h.lr * delta


class Moments(Optimizer):
    """m := beta1 m + (1 - beta1) g; v := beta2 v + (1 - beta2) g^2."""
    first_moment = "m"

    def start(self, theta):
        self.m = np.zeros_like(theta)
        self.v = np.zeros_like(theta)
        self.x = np.zeros_like(theta)

    def moments(self, g):
        h = self.h
        self.m = h.beta1 * self.m + (1 - h.beta1) * g
        self.v = h.beta2 * self.v + (1 - h.beta2) * g * g
        return correction(h.beta1, self.t), correction(h.beta2, self.t)


class Adam(Moments):
    """Kingma & Ba 2015, Algorithm 1; Loshchilov & Hutter 2019 (decoupled); Reddi et al. 2018, Algorithm 2 (amsgrad)."""
    defaults = {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "amsgrad": 0, "max_corrected": 0,
                "bias_correction": 1, "eps_hat": 0}

    def update(self, theta, g):
        h = self.h
        c1, c2 = self.moments(g)
        if not h.bias_correction:
            c1 = c2 = 1.0
        v = self.v
        if h.amsgrad and h.max_corrected:       # optax: the maximum of the corrected values, used as it is
            self.x = np.maximum(self.x, v / c2)
            return theta - h.lr / c1 * (self.m / (np.sqrt(self.x) + h.eps))
        if h.amsgrad:
            self.x = np.maximum(self.x, v)
            v = self.x
        if h.eps_hat:                           # the form before section 2.1 of the paper
            return theta - h.lr * math.sqrt(c2) / c1 * (self.m / (np.sqrt(v) + h.eps))
        return theta - h.lr / c1 * (self.m / (np.sqrt(v) / math.sqrt(c2) + h.eps))


class AdaBound(Moments):
    """Luo et al. 2019, Algorithms 2 and 3, with the authors' bounds and bias correction."""
    defaults = {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "final_lr": 0.1, "gamma": 1e-3, "amsgrad": 0}

    def update(self, theta, g):
        h, t = self.h, self.t
        c1, c2 = self.moments(g)
        v = self.v
        if h.amsgrad:
            self.x = np.maximum(self.x, v)
            v = self.x
        step = h.lr * math.sqrt(c2) / c1
        lower = h.final_lr * (1 - 1 / (h.gamma * t + 1))
        upper = h.final_lr * (1 + 1 / (h.gamma * t))
        return theta - np.clip(step / (np.sqrt(v) + h.eps), lower, upper) * self.m


class RAdam(Moments):
    """Liu et al. 2020, Algorithm 2. rho is a small difference of large numbers: 50 digits, see README.md."""
    defaults = {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "rho_threshold": 4.0, "unadapted": 1}

    def rho(self, t):
        beta2 = self.h.beta2
        rho_inf = 2 / (1 - power(beta2, 1)) - 1
        return rho_inf - 2 * t * power(beta2, t) / (1 - power(beta2, t)), rho_inf

    def update(self, theta, g):
        h = self.h
        c1, c2 = self.moments(g)
        rho, rho_inf = self.rho(self.t)
        if rho > h.rho_threshold:
            r = math.sqrt(((rho - 4) * (rho - 2) * rho_inf) / ((rho_inf - 4) * (rho_inf - 2) * rho))
            return theta - h.lr * r * (math.sqrt(c2) / c1) * (self.m / (np.sqrt(self.v) + h.eps))
        if h.unadapted:
            return theta - h.lr / c1 * self.m
        return theta


class NAdam(Moments):
    """Dozat 2016, with the momentum schedule of PyTorch."""
    defaults = {"lr": 0.002, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "momentum_decay": 0.004}

    def start(self, theta):
        super().start(theta)
        self.product = 1.0

    def mu(self, t):
        return self.h.beta1 * (1 - 0.5 * 0.96 ** (t * self.h.momentum_decay))

    def products(self):
        """mu_1 ... mu_t, and times mu_{t+1}."""
        self.product = self.product * self.mu(self.t)
        return self.product, self.product * self.mu(self.t + 1)

    def update(self, theta, g):
        h, t = self.h, self.t
        _, c2 = self.moments(g)
        product, product_next = self.products()
        return theta - h.lr * ((self.mu(t + 1) / (1 - product_next) * self.m + (1 - self.mu(t)) / (1 - product) * g)
                               / (np.sqrt(self.v / c2) + h.eps))


class Adamax(Optimizer):
    """Kingma & Ba 2015, Algorithm 2 (section 7.1), with eps as in PyTorch."""
    defaults = {"lr": 0.002, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    first_moment = "m"

    def start(self, theta):
        self.m = np.zeros_like(theta)
        self.u = np.zeros_like(theta)

    def update(self, theta, g):
        h = self.h
        self.m = h.beta1 * self.m + (1 - h.beta1) * g
        self.u = np.maximum(h.beta2 * self.u, np.abs(g) + h.eps)
        return theta - h.lr / correction(h.beta1, self.t) * (self.m / self.u)


class Lion(Optimizer):
    """Chen et al. 2023, Algorithm 2."""
    defaults = {"lr": 1e-4, "beta1": 0.9, "beta2": 0.99, "decoupled": 1}
    first_moment = "m"

    def start(self, theta):
        self.m = np.zeros_like(theta)

    def update(self, theta, g):
        h = self.h
        theta = theta - h.lr * np.sign(h.beta1 * self.m + (1 - h.beta1) * g)
        self.m = h.beta2 * self.m + (1 - h.beta2) * g
        return theta
