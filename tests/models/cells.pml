// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The event count without a futex: every waiter claims a cell with an auto-reset event, with a crash possible at every
// step (README.md). One step of the model is one access to shared memory (all are seq_cst) or one system call.
//
// A cell: word = id << 2 | st, st 0 claimed, 1 armed, 3 rung (2, the bell, is rung by all and not modelled); gen names
// the event. There are fewer cells than waiters, so that cells of the dead are taken and reaped.
//
//   (none)  watchers wait for c to change: after a completed post no living watcher sleeps that began to wait before it.
//   UNHEARD as that, but so many times the bell of a living waiter cannot be rung (no descriptor is left, its FIFO is full):
//           such a post is not a completed one, and the next one makes it good.
//   ONE     tokens and post_one(): nobody sleeps for ever while there is a token, unless somebody died who owed a wake-up.

#ifndef WAITERS
#define WAITERS 2
#endif
#ifndef CELLS
#define CELLS 1
#endif
#ifndef POSTS
#define POSTS 1 /* of the first poster; the second posts once */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#define PROCESSES (WAITERS + 2)
#define GENS (WAITERS + 1)

#define id(w) ((w) >> 2)
#define st(w) ((w) & 3)
#define dead(i) gone[i]
#define CLAIMED 0
#define ARMED 1
#define RUNG 3

byte c, armed, woken;
bit map[CELLS];            // hint: look at this cell
byte word[CELLS];
byte gen[CELLS];
bit event[CELLS * GENS];   // signalled; named by cell and gen
bit gone[PROCESSES + 1];
bit finished[PROCESSES + 1];
chan die[PROCESSES + 1] = [0] of { bit };

byte data;                 // ONE: tokens
bit asleep[PROCESSES + 1]; // in the wait for its event
byte since[PROCESSES + 1]; // the k it sleeps with
byte at[PROCESSES + 1];    // its event
bit owes[PROCESSES + 1];   // rung by post_one, or has to call it: others sleep on because of that
bit eaten;                 // somebody died who owed

byte posted;               // by a post that has completed
byte unheard;              // bells that could not be rung

#define stuck(i, n) (!gone[i] && asleep[i] && !event[at[i]] && since[i] < (n))
inline completed() {
  assert(!stuck(1, n) && !stuck(2, n));
  if
  :: posted < n -> posted = n
  :: else
  fi;
  n = 0
}

// Own cell; else a free one; else one of a dead owner. None: limit_reached, and this waiter is done.
inline take() {
  do
  :: atomic { mine -> goto has_cell }
  :: atomic { !mine && i == CELLS -> goto done }
  :: atomic { !mine && i < CELLS && word[i] == 0 -> word[i] = me << 2 | CLAIMED; break }
  :: atomic { !mine && i < CELLS && word[i] != 0 && !dead(id(word[i])) -> i++ }
  :: atomic { !mine && i < CELLS && word[i] != 0 && dead(id(word[i])) -> w = word[i] };
     if
     :: atomic { word[i] == w -> word[i] = me << 2 | CLAIMED; w = 0 };
        map[i] = 0;
        break
     :: atomic { word[i] != w -> w = 0 }
     fi
  od;
  atomic { gen[i] = gen[i] + 1; mine = 1; g = i * GENS + gen[i]; assert(gen[i] < GENS && !event[g]) } // a new event
}

inline publish() {
  word[i] = me << 2 | ARMED;
  map[i] = 1;
  atomic {
    if
    :: armed < k + 1 -> armed = k + 1
    :: else
    fi
  }
}

inline reap() { // of a dead owner; w is what was read from its word
#ifdef MUTANT_REAP_TO_ZERO
  if
  :: atomic { word[i] == w -> word[i] = 0 };
     map[i] = 0
  :: word[i] != w
  fi
#else
  if
  :: atomic { word[i] == w -> word[i] = me << 2 | CLAIMED };
     map[i] = 0;
     word[i] = 0
  :: word[i] != w
  fi
#endif
}

// A waiter keeps its cell and event for its next waits; both go when it is done.
proctype waiter(byte me; bit may_expire) {
  byte k, i, g, w;
  bit mine, expired;
  {
    skip;
again:
    k = c;
#ifdef ONE
    if
    :: atomic { data > 0 -> data--; goto done }
    :: atomic { data == 0 && expired -> owes[me] = 0; goto done }
    :: atomic { data == 0 && !expired -> owes[me] = 0 }
    fi;
#endif
    take();
has_cell:
#ifdef MUTANT_CHECK_BEFORE_PUBLISH
    if
    :: atomic { c != k -> goto sleep_ends }
    :: c == k
    fi;
    publish();
#else
    publish();
sleeps:
    if
    :: atomic { c != k -> goto sleep_ends }
    :: atomic { c == k -> assert(event[g] || k >= posted) }
    fi;
#endif
    atomic { asleep[me] = 1; since[me] = k; at[me] = g };
end_asleep:
    if
    :: atomic { event[g] -> event[g] = 0; asleep[me] = 0; since[me] = 0; at[me] = 0 }
    :: atomic { may_expire -> asleep[me] = 0; since[me] = 0; at[me] = 0; expired = 1; goto sleep_ends }
    fi;
#ifndef MUTANT_CHECK_BEFORE_PUBLISH
    if
    :: c != k
    :: atomic { c == k }; // a stale signal
       word[i] = me << 2 | ARMED;
       goto sleeps
    fi;
#endif
sleep_ends:
    map[i] = 0;
    word[i] = me << 2 | CLAIMED;
#ifndef MUTANT_DEADLINE_EATS
    if
    :: atomic { c == k && expired -> goto done }
    :: atomic { c != k || !expired -> k = 0; goto again } // changed: even after the deadline
    fi;
#else
    if
    :: atomic { expired -> goto done }
    :: atomic { !expired -> k = 0; goto again }
    fi;
#endif
done:
    if
    :: atomic { mine -> word[i] = 0; event[g] = 0 }
    :: !mine
    fi;
    atomic { k = 0; i = 0; g = 0; w = 0; mine = 0; expired = 0; owes[me] = 0; finished[me] = 1 }
  } unless { atomic { die[me]?_ -> k = 0; i = 0; w = 0; expired = 0; mine = 0; event[g] = 0; g = 0 } }
}

inline set_event() { // word, gen, word again: id changed, skip
  g = i * GENS + gen[i];
  if
  :: atomic { id(word[i]) == id(w) -> event[g] = 1; g = 0 }
#ifdef UNHEARD
  :: atomic { id(word[i]) == id(w) && !dead(id(w)) && unheard < UNHEARD -> unheard++; missed = 1; g = 0 }
#endif
  :: atomic { id(word[i]) != id(w) -> g = 0 }
  fi
}

// Rings every set cell with st != 0. Whether the owner lives is asked now and then: seq is not modelled.
inline ring_all() {
  i = 0;
  do
  :: atomic { i == CELLS -> i = 0; break }
  :: atomic { i < CELLS && !map[i] -> i++ }
  :: i < CELLS && map[i] ->
     if
     :: atomic { st(word[i]) == CLAIMED -> i++ }
     :: atomic { st(word[i]) != CLAIMED -> w = word[i] };
        set_event();
        if
        :: atomic { w = 0; i++ }
        :: dead(id(w)) -> reap(); atomic { w = 0; i++ }
        fi
     fi
  od
}

inline post() {
  atomic { c++; n = c };
  old = armed;
  atomic { yes = (old > woken); old = 0 };
  if
  :: atomic { !yes -> completed() }
  :: atomic { yes -> yes = 0 };
#ifdef MUTANT_WOKEN_BEFORE_RINGING
     atomic { woken = (woken < n -> n : woken) };
     ring_all();
     atomic { completed() }
#else
     ring_all();
     if
#ifdef MUTANT_WOKEN_THOUGH_UNHEARD
     :: atomic { missed -> woken = (woken < n -> n : woken); missed = 0; n = 0 }
#else
     :: atomic { missed -> missed = 0; n = 0 }
#endif
     :: atomic { !missed -> woken = (woken < n -> n : woken); completed() }
     fi
#endif
  fi
}

inline post_one() {
  c++;
  i = 0;
  do
  :: atomic { i == CELLS -> i = 0; ring_all(); break } // no armed cell: all rung ones
  :: atomic { i < CELLS && (!map[i] || st(word[i]) != ARMED) -> i++ }
  :: atomic { i < CELLS && map[i] && st(word[i]) == ARMED -> word[i] = word[i] | RUNG; w = word[i]; owes[id(w)] = 1 };
     set_event();
#ifdef MUTANT_NO_DEAD
     atomic { w = 0; i = 0; break }
#else
     if
     :: atomic { !dead(id(w)) -> w = 0; i = 0; break }
     :: dead(id(w)) -> reap(); atomic { w = 0; i++ }
     fi
#endif
  od;
  owes[me] = 0
}

proctype poster(byte me; byte posts) {
  byte n, i, g, w, old;
  bit yes, missed;
  {
    do
    :: atomic { posts == 0 -> finished[me] = 1; break }
#ifdef ONE
    :: atomic { posts > 0 -> posts--; data++; owes[me] = 1 };
       post_one()
#else
    :: atomic { posts > 0 -> posts-- };
       post()
#endif
    od
  } unless { atomic { die[me]?_ -> posts = 0; n = 0; i = 0; g = 0; w = 0; old = 0; yes = 0; missed = 0 } }
}

inline kill(i) {
  atomic {
    crashes < CRASHES && !gone[i] && !finished[i] ->
    crashes++;
    gone[i] = 1;
    asleep[i] = 0; since[i] = 0; at[i] = 0;
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
  assert(eaten || data == 0 || !(asleep[1] || asleep[2] || asleep[WAITERS]))
#endif
}

init {
  atomic {
#ifdef ONE
    run waiter(1, 1);
#else
    run waiter(1, 0);
#endif
    run waiter(2, 0);
#if WAITERS > 2
    run waiter(3, 0);
#endif
    run poster(WAITERS + 1, POSTS);
    run poster(WAITERS + 2, 1);
    run killer()
  }
}
