// Checks that say what failed, where, and with which values. A test program is `return checked(part, part, ...)`.
#ifndef OPTIM_TESTS_CHECK_HPP
#define OPTIM_TESTS_CHECK_HPP

#include <cstdio>
#include <exception>
#include <optim/optim.hpp>
#include <sstream>
#include <string>

struct tally {
    int checks = 0, failures = 0;
    const char *last_file = "";
    int last_line = 0;

    void count(bool good, const char *file, int line, const std::string &text) {
        checks++;
        last_file = file;
        last_line = line;
        if (good)
            return;
        failures++;
        std::fprintf(stderr, "%s:%d: FAILED: %s\n", file, line, text.c_str());
    }
};

inline tally &results() {
    static tally all;
    return all;
}

template <class F> void attempt(F part) {
    try {
        part();
    } catch (const std::exception &error) {
        results().count(false, results().last_file, results().last_line, std::string("after this: ") + error.what());
    }
}

template <class... F> int checked(F... parts) {
    (attempt(parts), ...);
    std::printf("%d checks, %d failed\n", results().checks, results().failures);
    return results().failures != 0 || results().checks == 0;
}

template <class A, class B> void check_equal(const A &a, const B &b, const char *file, int line, const char *text) {
    std::ostringstream values;
    values.precision(17);
    values << text << ": " << a << " and " << b;
    results().count(!(a < b) && !(b < a), file, line, values.str());
}

template <class F>
void check_throws(F call, optim::status status, const char *part, const char *file, int line, const char *text) {
    std::string seen = "nothing was thrown";
    bool good = false;
    try {
        call();
    } catch (const optim::error &error) {
        seen = std::string(optim::text(error.code())) + ": " + error.what();
        good = error.code() == status && std::string(error.what()).find(part) != std::string::npos;
    } catch (const std::exception &error) {
        seen = std::string("another exception: ") + error.what();
    }
    results().count(good, file, line, std::string(text) + ": " + seen + "; expected \"" + part + "\"");
}

// clang-format off
#define CHECK(condition) results().count((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(a, b) check_equal((a), (b), __FILE__, __LINE__, #a " == " #b)
#define CHECK_THROWS(call, code, part) \
    check_throws([&] { call; }, optim::status::code, part, __FILE__, __LINE__, #call)
// clang-format on

#endif
