// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The event count over a futex: arm(k), sleep, waiting(), post(n), post_one(), with a crash possible at every step
// (README.md). One step of the model is one access to shared memory (all are seq_cst) or one system call.
//
// Three ways to use it, one per run:
//   (none)  watchers wait for c to change; every post counts: after a completed post no living watcher sleeps that
//           began to wait before it. A poster killed after ++c loses only its own wake-up.
//   GATED   the condition is another word, and a publisher posts only if waiting(): whoever waits looks again after arm.
//   ONE     tokens and post_one(): nobody sleeps for ever while there is a token, unless somebody died who owed a wake-up.

#ifndef WAITERS
#define WAITERS 2
#endif
#ifndef POSTS
#define POSTS 1 /* of the first poster; the second posts once */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define PROCESSES (WAITERS + 2)

byte c, armed, woken;
bit asleep[PROCESSES + 1]; // in futex_wait
bit gone[PROCESSES + 1];
bit finished[PROCESSES + 1];
chan die[PROCESSES + 1] = [0] of { bit };

byte data;                 // GATED: what is waited for; ONE: tokens
byte since[PROCESSES + 1]; // what a sleeper has seen: k; GATED: data
bit owes[PROCESSES + 1];   // was woken by post_one, or has to call it: others sleep on because of that
byte posted;               // by a post that has completed
bit eaten;                 // somebody died who owed

#define stuck(i, n) (!gone[i] && asleep[i] && since[i] < (n))
inline nobody_missed(n) {
  assert(!stuck(1, n) && !stuck(2, n));
#if WAITERS > 2
  assert(!stuck(3, n))
#endif
}

inline raise(word, to) { // max by CAS
  atomic {
    if
    :: word < (to) -> word = to
    :: else
    fi
  }
}

inline waiting() { // armed > woken: two loads, in any order
  if
  :: old = armed; atomic { yes = (old > woken); old = 0 }
  :: old = woken; atomic { yes = (armed > old); old = 0 }
  fi
}

inline wake_all() {
  asleep[1] = 0;
#if WAITERS > 1
  asleep[2] = 0;
#endif
#if WAITERS > 2
  asleep[3] = 0;
#endif
}

inline completed(n_) {
  nobody_missed(n_);
  raise(posted, n_);
  n = 0; yes = 0; value = 0
}

// n = ++c has been done. Then what is to hold is checked for n_.
inline rest_of_post(n_) {
  waiting();
  if
  :: atomic { !yes -> completed(n_) }
#ifdef MUTANT_WOKEN_BEFORE_WAKE
  :: atomic { yes -> raise(woken, n) };
     atomic { wake_all(); completed(n_) }
#elif defined(MUTANT_WOKEN_IS_C)
  :: atomic { yes -> wake_all() };
     n = c;
     atomic { raise(woken, n); completed(n_) }
#else
  :: atomic { yes -> wake_all() };
     atomic { raise(woken, n); completed(n_) }
#endif
  fi
}

inline post_one() {
  c++;
  atomic {
    if
    :: asleep[1] -> asleep[1] = 0; owes[1] = 1
#if WAITERS > 1
    :: asleep[2] -> asleep[2] = 0; owes[2] = 1
#endif
#if WAITERS > 2
    :: asleep[3] -> asleep[3] = 0; owes[3] = 1
#endif
    :: !asleep[1] && (WAITERS < 2 || !asleep[2]) && (WAITERS < 3 || !asleep[WAITERS])
    fi;
    owes[me] = 0
  }
}

inline arm() {
#ifdef MUTANT_ARM_TOO_LOW
  raise(armed, k)
#else
  raise(armed, k + 1)
#endif
}

inline fall_asleep(seen) {
  assert(seen >= posted);
  asleep[me] = 1;
  since[me] = seen
}

// c != k: changed. Else futex_wait, which compares again. seen: what this sleeper has seen, for the properties.
inline sleep(seen) {
  atomic {
    if
#ifdef MUTANT_NO_COMPARE
    :: fall_asleep(seen)
#else
    :: c == k -> fall_asleep(seen)
    :: c != k
#endif
    fi;
    owes[me] = 0
  }
}

// Watchers for ever; the return from the sleep and the next load of c are one step.
proctype waiter(byte me) {
  byte k, seen;
  {
    skip;
end_again:
    atomic { !asleep[me] -> since[me] = 0; k = c };
#ifdef GATED
    if
    :: atomic { data != seen -> seen = data; k = 0; goto end_again }
    :: data == seen
    fi;
    arm();
#ifndef MUTANT_NO_RECHECK
    if
    :: atomic { data != seen -> seen = data; k = 0; goto end_again }
    :: data == seen
    fi;
#endif
    atomic { sleep(seen); k = 0; goto end_again }
#else
#ifdef MUTANT_NO_COMPARE
    if
    :: atomic { c != k -> k = 0; goto end_again }
    :: c == k
    fi;
#endif
    arm();
    atomic { sleep(k); k = 0; goto end_again }
#endif
  } unless { atomic { die[me]?_ -> k = 0; seen = 0 } }
}

// ONE: takes one token, or leaves when its deadline has passed.
proctype taker(byte me; bit may_expire) {
  byte k;
  bit expired;
  {
    skip;
again:
    k = c;
    if
    :: atomic { data > 0 -> data--; goto done }
    :: atomic { data == 0 && expired -> goto done }
    :: atomic { data == 0 && !expired -> sleep(0) }
    fi;
end_asleep:
    if
    :: atomic { !asleep[me] -> k = 0; goto again }
    :: atomic { may_expire -> asleep[me] = 0; expired = 1 } // perhaps just when it was woken
    fi;
#ifndef MUTANT_DEADLINE_EATS
    if // changed: even after the deadline
    :: atomic { c != k -> goto again }
    :: c == k
    fi;
#endif
done:
    atomic { k = 0; expired = 0; owes[me] = 0; finished[me] = 1 }
  } unless { atomic { die[me]?_ -> k = 0; expired = 0 } }
}

proctype poster(byte me; byte posts) {
  byte n, old, value;
  bit yes;
  {
    do
    :: atomic { posts == 0 -> finished[me] = 1; break }
#ifdef ONE
    :: atomic { posts > 0 -> posts--; data++; owes[me] = 1 };
       post_one()
#elif defined(GATED)
    :: atomic { posts > 0 -> posts--; data++; value = data };
       waiting();
       if
       :: atomic { !yes -> completed(value) }
       :: atomic { yes -> yes = 0; c++; n = c };
          rest_of_post(value)
       fi
#elif defined(MUTANT_WAKE_BEFORE_STORE)
    :: atomic { posts > 0 -> posts--; wake_all() };
       atomic { c++; n = c };
       atomic { raise(woken, n); completed(n) }
#else
    :: atomic {
         posts > 0 -> posts--;
         if
         :: c++
         :: c = c + 2 // post(2)
         fi;
         n = c
       };
       rest_of_post(n)
    :: atomic { posts > 0 -> posts-- };
       post_one()
#endif
    od
  } unless { atomic { die[me]?_ -> posts = 0; n = 0; old = 0; value = 0; yes = 0 } }
}

inline kill(i) {
  atomic {
    crashes < CRASHES && !gone[i] && !finished[i] ->
    crashes++;
    gone[i] = 1;
    asleep[i] = 0;
    since[i] = 0;
    eaten = (eaten || owes[i]);
    owes[i] = 0;
    die[i]!0
  }
}

proctype killer() {
  byte crashes;
end:
  do
  :: kill(1)
  :: kill(2)
  :: kill(3)
#if PROCESSES > 3
  :: kill(4)
#endif
#if PROCESSES > 4
  :: kill(5)
#endif
#ifdef ONE
  :: break
#endif
  od;
#ifdef ONE
  timeout; // nothing can go on:
  assert(eaten || data == 0 || !(asleep[1] || asleep[WAITERS - 1] || asleep[WAITERS]))
#endif
}

init {
  atomic {
#ifdef ONE
    run taker(1, 1);
    run taker(2, 0);
#if WAITERS > 2
    run taker(3, 0);
#endif
#else
    run waiter(1);
#if WAITERS > 1
    run waiter(2);
#endif
#if WAITERS > 2
    run waiter(3);
#endif
#endif
    run poster(WAITERS + 1, POSTS);
    run poster(WAITERS + 2, 1);
    run killer()
  }
}
