// The header in a second translation unit of the same program, after optim.h.
#include <optim/optim.h>

#include <optim/optim.hpp>

std::size_t count_of_second_unit();

std::size_t count_of_second_unit() {
    return optim::algorithms().size();
}
