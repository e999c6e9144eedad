/* What the tests of saving share: an optimizer whose steps depend on everything there is to save. */
#ifndef SAVE_SUPPORT_H
#define SAVE_SUPPORT_H

#include "fuzz/bytes.h"
#include "test.h"

enum { NET_TENSORS = 6, NET_LATE = 5, NET_MOST = 16 };

/* An optimizer with tensors of odd names and shapes. */
struct net {
    optim *opt;
    double param[NET_TENSORS][NET_MOST], grad[NET_TENSORS][NET_MOST]; /* of floats, where a tensor has those */
    size_t number[NET_TENSORS];
};

extern const char *const net_names[NET_TENSORS];

/* What makes runs differ. */
struct plan {
    const char *chain;
    const char *schedule; /* schedule_make's; "": none */
    int variation;        /* test_vary's */
    bool clipped;         /* with everything that is measured, and steps that are skipped */
};

/* As optim_create makes it, with all tensors (but the last one, which comes later), in that order or backwards. */
struct net *net_create(const char *chain, bool late, bool backwards);
void net_free(struct net *net);
/* Hyperparameters, rules and schedules. */
void net_configure(struct net *net, const struct plan *plan);
/* Take steps from time `from` + 1 to `to`: with bad gradients and none, epochs, a late tensor, changes on the way. */
void net_run(struct net *net, const struct plan *plan, uint64_t from, uint64_t to);
/* The weights of another one. */
void net_copy_weights(struct net *net, const struct net *from);
void net_step(struct net *net, uint64_t t);
struct bytes net_save(const struct net *net);
int net_load(struct net *net, const struct bytes *bytes);
void net_assert_same(const struct net *a, const struct net *b, const char *what);

/* test_stride, and some cases are left out with a sanitizer too. */
size_t net_stride(size_t when_quick, size_t when_sanitized);

/* Kinds of schedules, every one of them; NULL past the last. */
const char *net_schedule(size_t i);
size_t net_schedules(void);

#endif
