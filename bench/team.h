/* Threads that do the same thing again and again: asleep between timings, spinning from pass to pass within one. */
#ifndef BENCH_TEAM_H
#define BENCH_TEAM_H

typedef void team_task(void *context, int share);

/* task(context, share) for every share below `threads`; the calling thread does share 0. */
struct team;
struct team *team_create(int threads, team_task *task, void *context);
void team_destroy(struct team *team);

/* Wake it, run at least one pass, let it rest. */
void team_wake(struct team *team);
void team_run(struct team *team);
void team_rest(struct team *team);

#endif
