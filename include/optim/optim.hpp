/*
 * liboptim for C++17: everything of optim.h, with handles that free themselves, exceptions and views.
 *
 *     std::vector<float> weight(640), gradient(640);
 *     optim::optimizer opt("adamw");
 *     opt.add("weight", {64, 10}, weight, gradient);
 *     opt.set("lr", 1e-3);
 *     opt.attach("lr", optim::schedule("cosine").set("steps", 10000));
 *     for (...) { ... compute gradient ...; opt.step(); }
 *
 * What the functions do is said in optim.h, at the function of the same name; here is what C++ adds.
 *
 * `optim` is not a namespace: the C handle has that name. It is the type of this handle, and all there is stands inside
 * it, where C++ finds it under the same names: optim::optimizer. optim.h may be included too, before or after.
 *
 * Errors are thrown, as optim::error; after one, everything is as it was before the call. Handles can be moved and not
 * copied; what takes `optimizer &&` or `schedule &&` owns it from then on, and leaves it alone if it throws. A handle
 * that was moved from can be assigned to and destroyed; all else throws.
 *
 * Threads: one handle may be used by one thread at a time; different handles by any threads at once.
 */
#ifndef OPTIM_OPTIM_HPP
#define OPTIM_OPTIM_HPP

#include <optim/optim.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <istream>
#include <iterator>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

struct optim {
    optim() = delete;

    /* ---- Errors -------------------------------------------------------------------------------------------- */

    enum class status : int {
        memory = OPTIM_ERROR_MEMORY,
        argument = OPTIM_ERROR_ARGUMENT,
        name = OPTIM_ERROR_NAME,
        range = OPTIM_ERROR_RANGE,
        dtype = OPTIM_ERROR_DTYPE,
        size = OPTIM_ERROR_SIZE,
        duplicate = OPTIM_ERROR_DUPLICATE,
        alignment = OPTIM_ERROR_ALIGNMENT,
        conflict = OPTIM_ERROR_CONFLICT,
        state = OPTIM_ERROR_STATE,
        unsupported = OPTIM_ERROR_UNSUPPORTED,
        nonfinite = OPTIM_ERROR_NONFINITE,
        io = OPTIM_ERROR_IO,
        format = OPTIM_ERROR_FORMAT,
        mismatch = OPTIM_ERROR_MISMATCH,
    };

    /* The class of an error in a few words. */
    static std::string_view text(status code) noexcept {
        return optim_strerror(static_cast<int>(code));
    }

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wweak-vtables" /* a header has no other place for one */
#endif
    /* What went wrong: what() says which argument, which value, what is allowed. */
    class error : public std::runtime_error {
      public:
        error(status code, const std::string &message) : std::runtime_error(message), code_(code) {
        }

        status code() const noexcept {
            return code_;
        }

      private:
        status code_;
    };
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

    /* ---- Views --------------------------------------------------------------------------------------------- */

    /* Text that ends with a zero byte: a literal or a std::string. Not kept: the library copies what it needs. */
    class cstring {
      public:
        cstring(const char *text) noexcept : text_(text) {
        }
        cstring(const std::string &text) noexcept : text_(text.c_str()) {
        }

        const char *c_str() const noexcept {
            return text_;
        }

      private:
        const char *text_;
    };

    /*
     * Elements in a row that belong to somebody else, as std::span of C++20 has them: from anything with data() and
     * size() that is not about to vanish, from an array, or from a pointer and a count.
     */
    template <class T> class span {
        template <class C> using data_t = std::remove_pointer_t<decltype(std::data(std::declval<C &>()))>;

        /* A container has other elements when it is const; a view has the same. */
        template <class C> using is_view = std::is_same<data_t<std::remove_cv_t<C>>, data_t<const C>>;
        template <class C>
        using stays = std::disjunction<std::is_lvalue_reference<C>, is_view<std::remove_reference_t<C>>>;
        template <class C> using has_elements = std::is_convertible<data_t<C> (*)[], T (*)[]>;

      public:
        using element_type = T;
        using value_type = std::remove_cv_t<T>;
        using iterator = T *;

        constexpr span() noexcept = default;
        constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {
        }
        template <class C, class = std::enable_if_t<!std::is_same_v<std::decay_t<C>, span> && stays<C>::value &&
                                                    has_elements<C>::value>>
        constexpr span(C &&elements) noexcept : data_(std::data(elements)), size_(std::size(elements)) {
        }

        constexpr T *data() const noexcept {
            return data_;
        }
        constexpr std::size_t size() const noexcept {
            return size_;
        }
        constexpr bool empty() const noexcept {
            return size_ == 0;
        }
        constexpr T *begin() const noexcept {
            return data_;
        }
        constexpr T *end() const noexcept {
            return data_ + size_;
        }
        constexpr T &operator[](std::size_t i) const noexcept {
            return data_[i];
        }

      private:
        T *data_ = nullptr;
        std::size_t size_ = 0;
    };

  private:
    /* What parameters and gradients may be given as: what span takes, or a pointer to as many elements as there are. */
    template <class T> class buffer {
      public:
        template <class P, std::enable_if_t<std::is_convertible_v<const P &, T *> && !std::is_array_v<P>, int> = 0>
        buffer(const P &pointer) noexcept : data_(pointer) {
        }
        template <class C,
                  std::enable_if_t<std::is_constructible_v<span<T>, C> &&
                                       (!std::is_convertible_v<C, T *> || std::is_array_v<std::remove_reference_t<C>>),
                                   int> = 0>
        buffer(C &&elements) noexcept
            : data_(span<T>(std::forward<C>(elements)).data()), size_(std::size(elements)), sized_(true) {
        }

        T *data() const noexcept {
            return data_;
        }
        /* Whether it can be what has so many elements. */
        bool fits(std::size_t count) const noexcept {
            return sized_ ? size_ == count : true;
        }
        std::size_t size() const noexcept {
            return size_;
        }

      private:
        T *data_;
        std::size_t size_ = 0;
        bool sized_ = false;
    };

    template <class T> struct number {
        static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                      "the elements of a parameter are float or double, and not const");
        using type = T;
    };

    template <class T> static constexpr int dtype() noexcept {
        return std::is_same_v<typename number<T>::type, float> ? OPTIM_F32 : OPTIM_F64;
    }

    /* What a parameter is made of. */
    template <class P, bool = std::is_pointer_v<std::decay_t<P>>>
    struct element : number<std::remove_pointer_t<std::decay_t<P>>> {};
    template <class C>
    struct element<C, false> : number<std::remove_pointer_t<decltype(std::data(std::declval<C &>()))>> {};
    template <class P> using element_t = typename element<P>::type;

    /* Throw what a function of the library reports; `handle` knows the message, or else the thread. */
    static void check(int result, const optim *handle) {
        if (result != OPTIM_OK)
            throw error(static_cast<status>(result), optim_errmsg(handle));
    }

    /* A callback of the library around a callable; what that throws is kept until the library has returned. */
    template <class F> struct callback {
        F &call;
        std::exception_ptr thrown;

        template <class... Arguments> static int run(void *context, Arguments... arguments) noexcept {
            callback &self = *static_cast<callback *>(context);
            try {
                self.call(arguments...);
                return 0;
            } catch (...) {
                self.thrown = std::current_exception();
                return 1;
            }
        }

        void rethrow() const {
            if (thrown)
                std::rethrow_exception(thrown);
        }
    };

  public:
    /* ---- Schedules ----------------------------------------------------------------------------------------- */

    class optimizer;

    class schedule {
      public:
        explicit schedule(cstring kind) {
            optim_schedule *created = nullptr;
            check(optim_schedule_create(&created, kind.c_str()), nullptr);
            handle_.reset(created);
        }

        /* Set a parameter; several can be set in a row: schedule("linear").set("steps", 500).set("end", 0.1). */
        schedule &set(cstring name, double value) & {
            check(optim_schedule_set(handle_.get(), name.c_str(), value), nullptr);
            return *this;
        }
        schedule &&set(cstring name, double value) && {
            return std::move(set(name, value));
        }

        /* Add a point to a "piecewise" one. */
        schedule &point(double at, double factor) & {
            check(optim_schedule_point(handle_.get(), at, factor), nullptr);
            return *this;
        }
        schedule &&point(double at, double factor) && {
            return std::move(point(at, factor));
        }

        double get(cstring name) const {
            double value = 0;
            check(optim_schedule_get(handle_.get(), name.c_str(), &value), nullptr);
            return value;
        }

        double factor(std::uint64_t t) const {
            double value = 0;
            check(optim_schedule_factor(handle_.get(), t, &value), nullptr);
            return value;
        }

        /* The handle of the C interface, which stays this object's; nullptr if it was moved from. */
        optim_schedule *handle() const noexcept {
            return handle_.get();
        }

      private:
        friend struct optim;
        friend class optimizer;

        struct destroy {
            void operator()(optim_schedule *s) const noexcept {
                optim_schedule_destroy(s);
            }
        };

        explicit schedule(optim_schedule *handle) noexcept : handle_(handle) {
        }

        std::unique_ptr<optim_schedule, destroy> handle_;
    };

    /* Put a schedule such as "warmup" around another one, which belongs to the new one from then on. */
    static schedule wrap(cstring kind, schedule &&inner) {
        optim_schedule *outer = nullptr;
        check(optim_schedule_wrap(&outer, kind.c_str(), inner.handle_.get()), nullptr);
        static_cast<void>(inner.handle_.release());
        return schedule(outer);
    }

    /* ---- Optimizers ---------------------------------------------------------------------------------------- */

    /* A piece of a step, for an executor: to be called once with each number below the count it comes with. */
    class task {
      public:
        /* Run piece `index`; a piece that has been begun already is not run again. */
        void operator()(std::size_t index) const {
            if (index >= count_)
                throw std::out_of_range("optim::task: there is no piece " + std::to_string(index) + " of " +
                                        std::to_string(count_));
            run(index);
        }

      private:
        friend class optimizer;

        task(std::size_t count, optim_task function, void *job, std::atomic<bool> *begun) noexcept
            : count_(count), function_(function), job_(job), begun_(begun) {
            for (std::size_t i = 0; i < count; i++)
                begun_[i].store(false, std::memory_order_relaxed);
        }

        void run(std::size_t index) const noexcept {
            if (!begun_[index].exchange(true, std::memory_order_relaxed))
                function_(job_, index);
        }

        std::size_t count_;
        optim_task function_;
        void *job_;
        std::atomic<bool> *begun_;
    };

    /* What a load found, in tensors. */
    struct load_report {
        std::size_t restored, fresh, ignored;
    };

    /*
     * An optimizer. Parameters and gradients are given as anything span takes (std::vector, std::array, std::span, an
     * array), or as a pointer to as many elements as the shape has; float or double, which decides the element type.
     * They must stay where they are while they are bound: a temporary is refused, but a std::vector may not grow.
     */
    class optimizer {
      public:
        /* "adamw", or a chain: "lookahead(adam)". */
        explicit optimizer(cstring algorithm) {
            optim *created = nullptr;
            optim::check(optim_create(&created, algorithm.c_str()), nullptr);
            handle_.reset(created);
        }

        const char *name() const noexcept {
            return optim_name(handle_.get());
        }

        /* Add a tensor; returns its number. Name nullptr: the number as text. Without gradient it waits for bind. */
        template <class P, class G = std::nullptr_t>
        std::size_t add(cstring name, const std::vector<std::size_t> &shape, P &&param, G &&grad = nullptr) {
            using T = element_t<P>;
            return add_buffers<T>(name, shape, buffer_of<T, P>(param), buffer_of<const T, G>(grad));
        }

        /* New memory for a tensor of the same size. Without gradient it is left alone until one is bound. */
        template <class P, class G = std::nullptr_t> void bind(std::size_t tensor, P &&param, G &&grad = nullptr) {
            using T = element_t<P>;
            const buffer<T> params = buffer_of<T, P>(param);
            const buffer<const T> gradients = buffer_of<const T, G>(grad);
            if (tensor < tensors_.size()) {
                const tensor_info &info = tensors_[tensor];
                if (info.dtype != dtype<T>())
                    throw error(status::dtype,
                                "bind: tensor " + std::to_string(tensor) + " is of " +
                                    (info.dtype == OPTIM_F32 ? "float, not double" : "double, not float"));
                check_sizes("bind", std::to_string(tensor).c_str(), info.count, params, gradients);
            }
            check(optim_bind(handle_.get(), tensor, params.data(), gradients.data()));
        }

        /* How many tensors there are. */
        std::size_t count() const noexcept {
            return optim_count(handle_.get());
        }

        /* ---- hyperparameters */

        void set(cstring name, double value) {
            check(optim_set(handle_.get(), name.c_str(), value));
        }
        void set_for(cstring pattern, cstring name, double value) {
            check(optim_set_for(handle_.get(), pattern.c_str(), name.c_str(), value));
        }
        double get(cstring name) const {
            double value = 0;
            check(optim_get(handle_.get(), name.c_str(), &value));
            return value;
        }
        double get_for(cstring tensor, cstring name) const {
            double value = 0;
            check(optim_get_for(handle_.get(), tensor.c_str(), name.c_str(), &value));
            return value;
        }

        /* The schedule belongs to the optimizer from then on. */
        void attach(cstring hyperparameter, schedule &&s) {
            check(optim_attach(handle_.get(), hyperparameter.c_str(), s.handle()));
            static_cast<void>(s.handle_.release());
        }
        void attach_for(cstring pattern, cstring hyperparameter, schedule &&s) {
            check(optim_attach_for(handle_.get(), pattern.c_str(), hyperparameter.c_str(), s.handle()));
            static_cast<void>(s.handle_.release());
        }
        void detach(cstring hyperparameter) {
            check(optim_detach(handle_.get(), hyperparameter.c_str()));
        }

        /* ---- the step */

        /* What an executor has thrown comes out when the step has been taken all the same. */
        void step() {
            const int result = optim_step(handle_.get());
            if (executor_ && executor_->thrown)
                std::rethrow_exception(std::exchange(executor_->thrown, nullptr));
            check(result);
        }
        std::uint64_t steps() const noexcept {
            return optim_steps(handle_.get());
        }
        std::uint64_t skipped() const noexcept {
            return optim_skipped(handle_.get());
        }
        double norm() const {
            double value = 0;
            check(optim_norm(handle_.get(), &value));
            return value;
        }
        void epoch(double metric) {
            check(optim_epoch(handle_.get(), metric));
        }
        std::uint64_t epochs() const noexcept {
            return optim_epochs(handle_.get());
        }
        void swap() {
            check(optim_swap(handle_.get()));
        }
        void reset() {
            check(optim_reset(handle_.get()));
        }

        /* ---- threads */

        void set_threads(int threads) {
            check(optim_set_threads(handle_.get(), threads));
        }

        /*
         * Run steps on the application's own threads: `run(count, task)` with a std::size_t and a const task &, any
         * callable, which the optimizer keeps. It must call the task with each number below `count` and return when all
         * calls have; pieces that it leaves out, also because it throws, are run by the thread that called step.
         */
        template <class F> void set_executor(F &&run) {
            using function = std::decay_t<F>;
            static_assert(std::is_invocable_v<function &, std::size_t, const task &>,
                          "an executor is called as run(count, task): std::size_t, const optim::task &");
            auto shared = std::make_shared<function>(std::forward<F>(run)); /* which need not be copyable */
            auto created = std::make_unique<executor>();
            created->run = [shared = std::move(shared)](std::size_t count, const task &piece) {
                (*shared)(count, piece);
            };
            check(optim_set_executor(handle_.get(), executor::call, created.get()));
            executor_ = std::move(created);
        }
        /* Back to the library's threads. */
        void set_executor(std::nullptr_t) {
            check(optim_set_executor(handle_.get(), nullptr, nullptr));
            executor_.reset();
        }

        /* ---- state */

        /* A view of a tensor's state, to read it or to restore it, valid as long as the handle, moved or wrapped. */
        template <class T> span<T> state(std::size_t tensor, cstring slot) {
            return find_state<T>(tensor, slot);
        }
        template <class T> span<const T> state(std::size_t tensor, cstring slot) const {
            return find_state<T>(tensor, slot);
        }

        /* ---- saving and loading */

        void save(cstring path) const {
            check(optim_save(handle_.get(), path.c_str()));
        }
        load_report load(cstring path) {
            check(optim_load(handle_.get(), path.c_str()));
            return last_load();
        }
        load_report last_load() const {
            load_report report{};
            check(optim_loaded(handle_.get(), &report.restored, &report.fresh, &report.ignored));
            return report;
        }

        /* The same to anywhere: `take(data, size)`, a const void * and a std::size_t, takes all of it or throws. */
        template <class F, class = std::enable_if_t<std::is_invocable_v<F &, const void *, std::size_t>>>
        void write(F &&take) const {
            callback<std::remove_reference_t<F>> writer{take, nullptr};
            const int result =
                optim_write(handle_.get(), decltype(writer)::template run<const void *, std::size_t>, &writer);
            writer.rethrow();
            check(result);
        }
        void write(std::ostream &stream) const {
            write([&stream](const void *data, std::size_t size) {
                if (!stream.write(static_cast<const char *>(data), static_cast<std::streamsize>(size)))
                    throw error(status::io, "write: the stream does not take " + std::to_string(size) + " bytes");
            });
        }

        /* And from anywhere: `give(data, size)`, a void * and a std::size_t, gives all of it or throws. */
        template <class F, class = std::enable_if_t<std::is_invocable_v<F &, void *, std::size_t>>>
        load_report read(F &&give) {
            callback<std::remove_reference_t<F>> reader{give, nullptr};
            const int result = optim_read(handle_.get(), decltype(reader)::template run<void *, std::size_t>, &reader);
            reader.rethrow();
            check(result);
            return last_load();
        }
        load_report read(std::istream &stream) {
            return read([&stream](void *data, std::size_t size) {
                if (!stream.read(static_cast<char *>(data), static_cast<std::streamsize>(size)))
                    throw error(status::io, "read: the stream ends after " + std::to_string(stream.gcount()) + " of " +
                                                std::to_string(size) + " bytes");
            });
        }

        /* The handle of the C interface, which stays this object's; nullptr if it was moved from. */
        optim *handle() const noexcept {
            return handle_.get();
        }

      private:
        friend struct optim;

        struct destroy {
            void operator()(optim *opt) const noexcept {
                optim_destroy(opt);
            }
        };

        struct tensor_info {
            int dtype;
            std::size_t count;
        };

        struct executor {
            static constexpr std::size_t most = 1024; /* threads, and so pieces: see optim_set_threads */

            std::function<void(std::size_t, const task &)> run;
            std::atomic<bool> begun[most];
            std::exception_ptr thrown;

            static void call(void *context, std::size_t count, optim_task function, void *job) noexcept {
                executor &self = *static_cast<executor *>(context);
                const task piece(count, function, job, self.begun);
                try {
                    self.run(count, piece);
                } catch (...) {
                    self.thrown = std::current_exception();
                }
                for (std::size_t i = 0; i < count; i++)
                    piece.run(i);
            }
        };

        void check(int result) const {
            optim::check(result, handle_.get());
        }

        template <class T, class P> static buffer<T> buffer_of(std::remove_reference_t<P> &given) noexcept {
            static_assert(std::is_constructible_v<buffer<T>, P>,
                          "a parameter is a pointer to its elements, or a container or view of them that stays, and so "
                          "is its gradient, of the same type: not a temporary, and the parameter not const");
            return buffer<T>(std::forward<P>(given));
        }

        template <class T>
        static void check_sizes(const char *function, const char *name, std::size_t count, const buffer<T> &params,
                                const buffer<const T> &gradients) {
            const auto refuse = [&](const char *what, std::size_t size) {
                throw error(status::argument, std::string(function) + ": \"" + (name ? name : "") + "\": the " + what +
                                                  " has " + std::to_string(size) + " elements; its shape has " +
                                                  std::to_string(count));
            };
            if (!params.fits(count))
                refuse("parameter", params.size());
            if (!gradients.fits(count))
                refuse("gradient", gradients.size());
        }

        /* The number of elements; false if it cannot be counted, which the library then says better. */
        static bool count_elements(const std::vector<std::size_t> &shape, std::size_t &count) noexcept {
            count = 1;
            bool counted = true;
            for (const std::size_t length : shape) {
                if (length == 0) {
                    count = 0;
                    return true;
                }
                counted = counted && count <= static_cast<std::size_t>(-1) / length;
                count *= length;
            }
            return counted;
        }

        template <class T>
        std::size_t add_buffers(cstring name, const std::vector<std::size_t> &shape, const buffer<T> &params,
                                const buffer<const T> &gradients) {
            std::size_t elements;
            if (count_elements(shape, elements))
                check_sizes("add", name.c_str(), elements, params, gradients);
            tensors_.push_back({dtype<T>(), elements});
            const int result = optim_add(handle_.get(), name.c_str(), dtype<T>(), shape.size(), shape.data(),
                                         params.data(), gradients.data());
            if (result != OPTIM_OK)
                tensors_.pop_back();
            check(result);
            return tensors_.size() - 1;
        }

        template <class T> span<T> find_state(std::size_t tensor, cstring slot) const {
            void *data = nullptr;
            int found = 0;
            std::size_t elements = 0;
            check(optim_state(handle_.get(), tensor, slot.c_str(), &data, &found, &elements));
            if (found != dtype<T>())
                throw error(status::dtype, "state: tensor " + std::to_string(tensor) + " is of " +
                                               (found == OPTIM_F32 ? "float, not double" : "double, not float"));
            return {static_cast<T *>(data), elements};
        }

        std::unique_ptr<executor> executor_;
        std::vector<tensor_info> tensors_;
        std::unique_ptr<optim, destroy> handle_;
    };

    /* Put a wrapper such as "lookahead" around an optimizer, which belongs to the new one from then on. */
    static optimizer wrap(cstring wrapper, optimizer &&inner) {
        optim *outer = nullptr;
        inner.check(optim_wrap(&outer, wrapper.c_str(), inner.handle_.get()));
        static_cast<void>(inner.handle_.release());
        inner.handle_.reset(outer);
        return std::move(inner);
    }

    /* ---- What there is ------------------------------------------------------------------------------------- */

    /* A hyperparameter, or a parameter of a schedule. `initial` NAN: it must be set. Texts belong to the library. */
    struct parameter {
        std::string_view name;
        double initial, min, max;
        std::string_view help;
    };

    struct algorithm {
        std::string_view name, summary;
        bool wraps; /* it is for wrap, not for optimizer's constructor */
        std::vector<parameter> parameters;
        std::vector<std::string_view> slots; /* of state, for optimizer::state */
    };

    struct schedule_kind {
        std::string_view name, summary;
        bool wraps;
        std::vector<parameter> parameters;
    };

    static std::vector<algorithm> algorithms() {
        std::vector<algorithm> all;
        all.reserve(optim_algorithm_count());
        for (std::size_t i = 0; const char *name = optim_algorithm_name(i); i++) {
            all.push_back({name,
                           optim_algorithm_summary(name),
                           optim_algorithm_wraps(name) == 1,
                           parameters(name, optim_param_count, optim_param_info),
                           {}});
            for (std::size_t k = 0; k < optim_slot_count(name); k++)
                all.back().slots.push_back(optim_slot_name(name, k));
        }
        return all;
    }

    static std::vector<schedule_kind> schedule_kinds() {
        std::vector<schedule_kind> all;
        all.reserve(optim_schedule_count());
        for (std::size_t i = 0; const char *name = optim_schedule_name(i); i++)
            all.push_back({name, optim_schedule_summary(name), optim_schedule_wraps(name) == 1,
                           parameters(name, optim_schedule_param_count, optim_schedule_param_info)});
        return all;
    }

    /* The version of the library that runs; OPTIM_VERSION is that of the header. */
    static std::string_view version() noexcept {
        return optim_version();
    }

  private:
    template <class Count, class Info>
    static std::vector<parameter> parameters(const char *of, Count count, Info info) {
        std::vector<parameter> all(count(of));
        for (std::size_t i = 0; i < all.size(); i++) {
            const char *name = nullptr, *help = nullptr;
            parameter &p = all[i];
            check(info(of, i, &name, &p.initial, &p.min, &p.max, &help), nullptr);
            p.name = name;
            p.help = help;
        }
        return all;
    }
};

#endif
